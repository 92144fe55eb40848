"""The prefixes of a branch: `GET /api/prefixes/{path}`, and one of them at `/api/prefix/{path}/{name}`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import json_answer
from data_kernel.api.terminusdb.classes.prefixes import prefixes_of
from data_kernel.api.terminusdb.iris import is_iri, is_prefix_name
from data_kernel.api.terminusdb.parameters import (
    Parameters,
    json_body,
    resource_at,
    resource_of,
    segments_below,
)
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal, bad_parameter, invalid_path, missing_parameter
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.put_mode import PutMode
from data_kernel.domain.databases import Naming
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import AlreadyExists, Conflict, InvalidInput, NotFound

_AUTHOR = "api"
_ATTEMPTS = 5
_MAX_SHOWN = 200


async def get_prefixes(request: Request, kernel: TheKernel) -> Response:
    """All prefixes of a branch or a commit."""
    resource = resource_of(request, "prefixes")
    if resource.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise invalid_path(resource.descriptor)
    context = current()
    with in_terms_of(resource):
        prefixes = await prefixes_of(kernel, resource.database, resource.revision(context), context)
    return json_answer(prefixes.shown)


async def get_prefix(request: Request, kernel: TheKernel) -> Response:
    """One prefix."""
    place = _Place.of(request, kernel)
    known = (await place.state()).prefixes
    if place.name not in known:
        raise _unknown(place.name)
    return _answer("api:PrefixResponse", place.name, known[place.name])


async def add_prefix(request: Request, kernel: TheKernel) -> Response:
    """Add a prefix; to add it again as it is does nothing."""
    place = _Place.of(request, kernel)
    place.refuse_reserved()
    uri = _uri((await json_body(request)).value)

    def change(known: Mapping[str, str]) -> Mapping[str, str]:
        if known.get(place.name, uri) != uri:
            raise _there_already(place.name)
        return {**known, place.name: uri}

    if not await place.write(change, "Add prefix via API"):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return _answer("api:PrefixAddResponse", place.name, uri, status=HTTPStatus.CREATED)


async def put_prefix(request: Request, kernel: TheKernel) -> Response:
    """Give a prefix another IRI; with `create` also where there is none."""
    place = _Place.of(request, kernel)
    place.refuse_reserved()
    uri, creates = _uri((await json_body(request)).value), Parameters.of(request).flag("create")

    def change(known: Mapping[str, str]) -> Mapping[str, str]:
        if place.name not in known and not creates:
            raise _unknown(place.name)
        return {**known, place.name: uri}

    await place.write(change, "Update prefix via API")
    return _answer("api:PrefixUpdateResponse", place.name, uri)


async def delete_prefix(request: Request, kernel: TheKernel) -> Response:
    """Take a prefix away; what was written by it keeps its ids."""
    place = _Place.of(request, kernel)
    place.refuse_reserved()

    def change(known: Mapping[str, str]) -> Mapping[str, str]:
        if place.name not in known:
            raise _unknown(place.name)
        return {name: uri for name, uri in known.items() if name != place.name}

    await place.write(change, "Delete prefix via API")
    return _answer("api:PrefixDeleteResponse", place.name)


@dataclass(frozen=True, slots=True)
class _State:
    """The context of a branch: its prefixes, what else it says, and the head that it was read at."""

    prefixes: Mapping[str, str]
    others: Mapping[str, Json]
    head: str


@dataclass(frozen=True, slots=True)
class _Place:
    """The prefix that a request is about, and the branch that has it."""

    kernel: Kernel
    resource: Resource
    name: str

    @classmethod
    def of(cls, request: Request, kernel: Kernel) -> "_Place":
        *path, name = segments_below(request, "prefix") or [""]
        resource = resource_at(path)
        if resource.kind is not Kind.BRANCH:
            raise invalid_path(resource.descriptor)
        return cls(kernel, resource, name)

    def refuse_reserved(self) -> None:
        """A name that no caller may give or change."""
        if not is_prefix_name(self.name):
            cause = InvalidInput("prefix: this name is reserved or none", field="prefix")
            raise Refusal(cause, kind="api:ReservedPrefix", members={"api:prefix_name": self.name})

    async def state(self) -> _State:
        """The context as it stands."""
        context = current()
        revision = self.resource.revision(context)
        with in_terms_of(self.resource):
            graph = await self.kernel.reads.schema(self.resource.database, revision, context, CONTEXT_ID)
        told = decode(graph.classes[0].body)
        members = told if isinstance(told, dict) else {}
        prefixes = {name: uri for name, uri in members.items() if isinstance(uri, str) and name != "@type"}
        others = {name: value for name, value in members.items() if name not in prefixes}
        return _State(prefixes, others, graph.state.commit or "")

    async def write(self, change: Callable[[Mapping[str, str]], Mapping[str, str]], message: str) -> bool:
        """Make the change on the newest head, whatever comes between; whether anything changed."""
        naming = (await self.kernel.databases.get(self.resource.database, current())).naming
        for _ in range(_ATTEMPTS):
            state = await self.state()
            options = WriteOptions(
                branch=self.resource.branch(current()),
                author=_AUTHOR if naming is Naming.FREE else "",
                message=message,
                expected_head=state.head,
            )
            document: dict[str, Json] = {**state.others, **change(state.prefixes)}
            try:
                return await self._put(document, options)
            except Conflict:
                continue
        raise Conflict("the branch moved during every attempt to write", field="expected_head")

    async def _put(self, document: dict[str, Json], options: WriteOptions) -> bool:
        writes, unsaid = self.kernel.writes, replace(current(), author="", commit_message="")
        outcome = await writes.put_schema(self.resource.database, [document], PutMode.UPSERT, options, unsaid)
        return outcome.changed


def _uri(body: Json) -> str:
    uri = body.get("uri") if isinstance(body, dict) else None
    if uri is None:
        raise missing_parameter("uri")
    if not isinstance(uri, str):
        raise bad_parameter("uri", "non-empty string", uri)
    if not is_iri(uri):
        cause = InvalidInput("uri: it is no IRI", field="uri")
        raise Refusal(cause, kind="api:InvalidIRI", members={"api:iri": uri[:_MAX_SHOWN]})
    return uri


def _unknown(name: str) -> Refusal:
    cause = NotFound("there is no such prefix", field="prefix")
    return Refusal(cause, status=HTTPStatus.NOT_FOUND, kind="api:PrefixNotFound", members={"api:prefix_name": name})


def _there_already(name: str) -> Refusal:
    cause = AlreadyExists("there is such a prefix with another IRI", field="prefix")
    return Refusal(cause, kind="api:PrefixAlreadyExists", members={"api:prefix_name": name})


def _answer(kind: str, name: str, uri: str = "", *, status: int = HTTPStatus.OK) -> Response:
    members: dict[str, Json] = {"api:prefix_name": name}
    if uri:
        members["api:prefix_uri"] = uri
    return json_answer({"@type": kind, "api:status": "api:success", **members}, status=status)
