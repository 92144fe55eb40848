"""The log of a branch or a commit: `GET /api/log/{path}`."""

from contextlib import aclosing

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import Bodies, documents_answer
from data_kernel.api.terminusdb.parameters import Parameters, resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import no_history
from data_kernel.api.terminusdb.resources import Kind
from data_kernel.api.terminusdb.versions.logs import Documents, Log
from shared.canonical import encode
from shared.context import current

_ALL = -1


async def get_log(request: Request, kernel: TheKernel) -> Response:
    """Commits, newest first: `count` of them (by default all) after the first `start`."""
    resource, parameters = resource_of(request, "log"), Parameters.of(request)
    start, count = max(0, parameters.integer("start", 0)), parameters.integer("count", _ALL)
    parameters.flag("verbose")
    if resource.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise no_history(resource.descriptor)
    context = current()
    # Two more than asked for: the one behind the last, and a branch's own first commit, which is not shown.
    wanted = start + count + 2 if count >= 0 else 0
    log = Log(kernel, resource.database, resource.revision(context), context, size=wanted)
    with in_terms_of(resource):
        # What is wrong with the resource shows here, before the answer begins.
        first = await log.first()
    return documents_answer(_window(log.documents(first), start, count), {}, as_list=True)


async def _window(commits: Documents, start: int, count: int) -> Bodies:
    left = count
    async with aclosing(commits) as batches:
        async for batch in batches:
            shown = batch[start:] if left < 0 else batch[start : start + left]
            start = max(0, start - len(batch))
            left = left if left < 0 else left - len(shown)
            yield [encode(document) for document in shown]
            if left == 0:
                return
