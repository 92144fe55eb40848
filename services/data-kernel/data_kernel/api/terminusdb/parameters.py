"""What a request says in its query, its headers and its body."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from data_kernel.api.rest.inputs import JsonBody, kernel_of
from data_kernel.api.terminusdb.documents.concatenation import read_several
from data_kernel.api.terminusdb.packed_bodies import unpack
from data_kernel.api.terminusdb.refusing.refusals import (
    Refusal,
    bad_parameter,
    bad_version,
    invalid_path,
    missing_parameter,
    not_offered,
    unknown_database,
    unresolvable,
    version_mismatch,
)
from data_kernel.api.terminusdb.resources import (
    ORGANISATION,
    REPOSITORY,
    Kind,
    Resource,
    parse_resource,
    path_segments,
)
from data_kernel.application.bodies import decode_body
from data_kernel.domain.documents import Graph
from shared.canonical import Json, decode, encode
from shared.errors import InvalidInput
from shared.http import read_body

DATA_VERSION = "TerminusDB-Data-Version"
METHOD_OVERRIDE = "X-HTTP-Method-Override"
_VERSION = re.compile(r"([^:]{4,}):(.{4,})")
_MAX_DIGITS = 15
# TerminusDB's Python client writes them as Python does.
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}


def effective_method(request: Request) -> str:
    """The request's method; GET for a POST that stands for one, so that its parameters may be a body."""
    stands_for = request.headers.get(METHOD_OVERRIDE, "").upper()
    return "GET" if request.method == "POST" and stands_for == "GET" else request.method


def segments_below(request: Request, area: str) -> list[str]:
    """The segments of the request's path below `/api/<area>/`, as they were sent: the decoded path would part `%2F`."""
    path: bytes = request.scope["raw_path"]
    return path_segments(path.partition(b"?")[0].decode("utf-8", "replace").removeprefix(f"/api/{area}/"))


def resource_of(request: Request, area: str) -> Resource:
    """The resource that the path names below `/api/<area>/`."""
    return resource_at(segments_below(request, area))


def resource_at(segments: list[str]) -> Resource:
    """The resource of a path, of the one organisation and repository that there are."""
    resource = parse_resource(segments)
    if resource is None:
        raise invalid_path("/".join(segments))
    if resource.kind is Kind.SYSTEM:
        return resource
    if resource.organisation != ORGANISATION:
        raise unknown_database(resource.organisation, resource.database)
    if resource.repository != REPOSITORY:
        raise unresolvable(resource, missing="repository")
    return resource


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request, by name; of one given twice the last holds."""

    given: Mapping[str, str]

    @classmethod
    def of(cls, request: Request, overriding: Json = None) -> "Parameters":
        """Those of the query, and over them those of a body that stands for a query."""
        given = dict(request.query_params)
        if isinstance(overriding, dict):
            given |= {name: _as_text(value) for name, value in overriding.items() if value is not None}
        return cls(given)

    def text(self, name: str) -> str:
        """A text; empty where it is not given, refused where it is given and empty."""
        value = self.given.get(name)
        if value == "":
            raise bad_parameter(name, "non-empty string", value)
        return value or ""

    def required(self, name: str) -> str:
        """A text that must be given."""
        if name not in self.given:
            raise missing_parameter(name)
        return self.text(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        value = self.given.get(name)
        if value is None:
            return default
        if value not in _BOOLEANS:
            raise bad_parameter(name, "boolean (true, false)", value)
        return _BOOLEANS[value]

    def natural(self, name: str) -> int | None:
        """An integer that is not below 0."""
        value = self.given.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS):
            raise bad_parameter(name, "non-negative integer", value)
        return int(value)

    def integer(self, name: str, default: int) -> int:
        """An integer."""
        value = self.given.get(name, str(default))
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS):
            raise bad_parameter(name, "integer", value)
        return int(value)

    def graph(self) -> Graph:
        """The graph that is meant, by default the documents'."""
        value = self.given.get("graph_type", Graph.INSTANCE.value)
        if value not in {Graph.INSTANCE.value, Graph.SCHEMA.value}:
            raise bad_parameter("graph_type", "graph (schema, instance)", value)
        return Graph(value)

    def refuse(self, *names: str) -> None:
        """Refuse what is not offered, where it is asked for."""
        for name in names:
            if self.flag(name):
                raise not_offered(f"{name}=true", name)


def _as_text(value: Json) -> str:
    """A parameter in a body as it would stand in a query: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else encode(value).decode()


class DataVersion:
    """The data version that a request asks for; `refusing` raises where the resource is not at it."""

    def __init__(self, request: Request) -> None:
        self.text = request.headers.get(DATA_VERSION)
        match = None if self.text is None else _VERSION.fullmatch(self.text)
        if self.text is not None and match is None:
            raise bad_version(self.text)
        self._label = match[1] if match else ""
        self._value = match[2] if match else ""

    def check(self, resource: Resource, commit: str | None) -> None:
        """Refuse a resource that stands at another version."""
        if self.text is not None and self.text != resource.version(commit):
            raise self.mismatch(resource, commit)

    def mismatch(self, resource: Resource, commit: str | None) -> Refusal:
        """The error that names both versions."""
        return version_mismatch(self.text or "", resource.version(commit))

    def expected_head(self, resource: Resource) -> str | None:
        """The head that a write expects: empty for any, `None` where no head could be the one asked for."""
        if self.text is None:
            return ""
        return self._value if self._label == resource.kind.value else None


async def json_body(request: Request, *, of_documents: bool = False) -> JsonBody:
    """The request's JSON; `null` where it has no body. Documents may stand one after another, as TerminusDB takes them,
    and of a name that stands twice in one of them the last value holds."""
    media_type = request.headers.get("content-type", "")
    text = await _body(request)
    if not text.strip():
        return JsonBody(None, 0)
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(
            InvalidInput("content-type: application/json is taken", field="content-type"),
            kind="",
            text=f"Bad 'Content-Type' header value: '{media_type}'. Expected value: 'application/json'",
            envelope="api:BadContentTypeErrorResponse",
        )
    if not of_documents:
        return JsonBody(await decode_body(text), len(text))
    return JsonBody(await _documents(text, kernel_of(request).settings.limits.documents_per_request), len(text))


async def _body(request: Request) -> bytes:
    limit_bytes = kernel_of(request).settings.limits.request_body_bytes
    body = await read_body(request, limit_bytes)
    return await asyncio.to_thread(unpack, body, request.headers.get("content-encoding", ""), limit_bytes)


async def _documents(text: bytes, limit: int) -> Json:
    try:
        return await decode_body(text)
    except InvalidInput as error:
        several = await read_several(text, limit)
        return several if several is not None else await _with_names_repeated(text, error)


async def _with_names_repeated(text: bytes, refused: InvalidInput) -> Json:
    try:
        return await asyncio.to_thread(decode, text, last_wins=True)
    except InvalidInput:
        raise refused from None
