"""The log of a branch or a commit: `GET /api/log/{path}`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import Bodies, documents_answer
from data_kernel.api.terminusdb.commit_graph import commit_document, commits_of
from data_kernel.api.terminusdb.failures import in_terms_of
from data_kernel.api.terminusdb.parameters import Parameters, resource_of
from data_kernel.api.terminusdb.refusals import Refusal
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.application.kernel import Kernel
from data_kernel.domain.commits import Commit
from shared.canonical import encode
from shared.context import current
from shared.errors import InvalidInput

_ALL = -1


async def get_log(request: Request, kernel: TheKernel) -> Response:
    """Commits, newest first: `count` of them (by default all) after the first `start`."""
    resource, parameters = resource_of(request, "log"), Parameters.of(request)
    start, count = max(0, parameters.integer("start", 0)), parameters.integer("count", _ALL)
    parameters.flag("verbose")
    if resource.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise Refusal(
            InvalidInput("the resource has no history", field="path"),
            kind="api:ResourceHasNoHistory",
            members={"api:absolute_descriptor": resource.descriptor},
            text=f"Resource has no history, so log unavailable: {resource.descriptor}",
        )
    commits = _commits(kernel, resource)
    with in_terms_of(resource):
        # What is wrong with the resource shows here, before the answer begins.
        first = await anext(commits, ())
    return documents_answer(_window(first, commits, start, count), {}, as_list=True)


async def _commits(kernel: Kernel, resource: Resource) -> AsyncGenerator[tuple[Commit, ...], None]:
    context = current()
    async for batch in commits_of(kernel, resource.database, resource.revision(context), context):
        yield batch


async def _window(
    first: tuple[Commit, ...], rest: AsyncGenerator[tuple[Commit, ...], None], start: int, count: int
) -> Bodies:
    async with aclosing(rest):
        batch, left = first, count
        while batch:
            shown = batch[start:] if left < 0 else batch[start : start + left]
            start = max(0, start - len(batch))
            left = left if left < 0 else left - len(shown)
            yield [encode(commit_document(commit)) for commit in shown]
            if left == 0:
                return
            batch = await anext(rest, ())
