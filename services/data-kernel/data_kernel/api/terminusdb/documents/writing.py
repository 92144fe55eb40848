"""What every write of documents or classes has in common: its conditions, attribution and answer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import JsonBody
from data_kernel.api.terminusdb.answers import CHANGED, branch_headers, json_answer, version_headers
from data_kernel.api.terminusdb.classes.prefixes import prefixes_of
from data_kernel.api.terminusdb.parameters import DataVersion, Parameters, resource_of
from data_kernel.api.terminusdb.refusing.explanations import Explanation
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.bodies import encode_body
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.idempotency import idempotency
from data_kernel.application.kernel import Kernel
from data_kernel.application.ports import Idempotency, WriteOutcome
from data_kernel.application.reads import ListQuery
from data_kernel.domain.databases import Naming
from data_kernel.domain.documents import Graph
from shared.canonical import Json
from shared.context import current
from shared.errors import Conflict, InvalidInput, OmsError

# Neither attribution nor the key itself is part of what a repeated key must repeat.
_NOT_FINGERPRINTED = {"author", "message"}


@dataclass(frozen=True, slots=True)
class Write:
    """A write to be made: where, by which parameters, and what it expects."""

    kernel: Kernel
    resource: Resource
    parameters: Parameters
    expected: DataVersion
    graph: Graph
    options: WriteOptions

    @classmethod
    async def of(cls, request: Request, kernel: Kernel, body: JsonBody) -> "Write":
        """Read a request; `Refusal` for what TerminusDB refuses before it looks at the content."""
        resource, parameters = resource_of(request, "document"), Parameters.of(request)
        refuse_read_only(resource, parameters.graph())
        said = await attribution(kernel, resource, parameters)
        return await cls.on(request, kernel, resource, body, said, parameters)

    @classmethod
    async def on(
        cls,
        request: Request,
        kernel: Kernel,
        resource: Resource,
        body: JsonBody,
        said: tuple[str, str],
        parameters: Parameters,
    ) -> "Write":
        """A write on that branch by the author and with the message `said`."""
        expected, context = DataVersion(request), current()
        head = expected.expected_head(resource)
        if head is None:
            raise expected.mismatch(resource, await _head(kernel, resource))
        options = WriteOptions(
            branch=resource.branch(context),
            author=said[0],
            message=said[1],
            expected_head=head,
            idempotency=await _idempotency(resource, parameters, body),
        )
        return cls(kernel, resource, parameters, expected, parameters.graph(), options)

    async def run(
        self, call: Callable[[], Awaitable[WriteOutcome]], *, documents: Sequence[Json] = (), ids: Sequence[str] = ()
    ) -> WriteOutcome:
        """Make the write, and tell what refuses it as TerminusDB does: by the documents given, or the ids named."""
        try:
            with in_terms_of(self.resource):
                return await call()
        except OmsError as error:
            if isinstance(error, Conflict) and error.field == "expected_head":
                raise self.expected.mismatch(self.resource, await _head(self.kernel, self.resource)) from error
            raise await Explanation(self.kernel, self.resource, self.graph, documents, ids).of(error) from error

    async def nothing(self) -> WriteOutcome:
        """What a write answers that names nothing: the head as it is, if it is the one expected."""
        context = current()
        query = ListQuery(self.resource.database, self.resource.revision(context))
        with in_terms_of(self.resource):
            state = (await self.kernel.reads.listing(query, context)).state
        self.expected.check(self.resource, state.commit)
        return WriteOutcome((), state.commit, state.branch or "", changed=False)

    def headers(self, outcome: WriteOutcome) -> dict[str, str]:
        """The data version afterwards, whether anything changed, and the branch's full name."""
        changed = "true" if outcome.changed else "false"
        return {
            **version_headers(self.resource, outcome.commit),
            CHANGED: changed,
            **branch_headers(outcome.branch),
        }

    async def answer(self, outcome: WriteOutcome, written: Sequence[str]) -> Response:
        """The ids written, as the request named them: IRIs of documents, names of classes."""
        ids = list(written)
        if ids and self.graph is Graph.INSTANCE:
            context = current()
            revision = NamedRevision(commit=outcome.commit or "", branch="" if outcome.commit else outcome.branch)
            prefixes = await prefixes_of(self.kernel, self.resource.database, revision, context)
            ids = [prefixes.full_id(each) for each in ids]
        return json_answer([*ids], self.headers(outcome))


def refuse_read_only(resource: Resource, graph: Graph) -> None:
    """Refuse what is no branch, and so takes no writes."""
    if resource.kind is Kind.BRANCH:
        return
    raise Refusal(
        InvalidInput("the resource takes no writes", field="path"),
        kind="api:DocumentAccessImpossible",
        members={
            "api:access_type": "write",
            "api:graph_type": graph.value,
            "api:resource_path": resource.descriptor,
        },
        text=f"action 'write' on graph type {graph} is impossible on resource '{resource.descriptor}'",
    )


async def attribution(kernel: Kernel, resource: Resource, parameters: Parameters) -> tuple[str, str]:
    """Author and message: both must be given where they are stored as given; on the platform's own databases the
    author is derived and the message has a default."""
    with in_terms_of(resource):
        database = await kernel.databases.get(resource.database, current())
    read = parameters.required if database.naming is Naming.FREE else parameters.text
    return read("author"), read("message")


async def _head(kernel: Kernel, resource: Resource) -> str | None:
    context = current()
    with in_terms_of(resource):
        listing = await kernel.reads.listing(ListQuery(resource.database, resource.revision(context)), context)
    return listing.state.commit


async def _idempotency(resource: Resource, parameters: Parameters, body: JsonBody) -> Idempotency | None:
    """The key with the fingerprint of what is asked for.

    The head expected is no part of it: a client that read anew before it tried again means the same change.
    """
    context = current()
    if not context.idempotency_key:
        return None
    asked = {name: text for name, text in parameters.given.items() if name not in _NOT_FINGERPRINTED}
    content = await encode_body(body.value, body.size_bytes)
    path = {"path": resource.descriptor, "branch": context.branch}
    return idempotency(context.idempotency_key, context.method, context.route, asked | path, content)
