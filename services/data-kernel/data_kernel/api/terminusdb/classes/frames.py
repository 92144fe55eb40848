"""Class frames: `GET /api/schema/{path}`."""

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import json_answer
from data_kernel.api.terminusdb.classes.prefixes import STANDARD, Prefixes
from data_kernel.api.terminusdb.parameters import Parameters, json_body, resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal, invalid_path, unresolvable
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.application.kernel import Kernel
from data_kernel.domain.frames import Frames
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json, decode
from shared.context import current

_SYSTEM = STANDARD["sys"]


async def get_frames(request: Request, kernel: TheKernel) -> Response:
    """The frame of a class, or of all."""
    return await _answer(request, kernel, Parameters.of(request))


async def get_frames_by_body(request: Request, kernel: TheKernel) -> Response:
    """The same with the parameters in a body."""
    return await _answer(request, kernel, Parameters.of(request, (await json_body(request)).value))


async def _answer(request: Request, kernel: Kernel, parameters: Parameters) -> Response:
    resource = resource_of(request, "schema")
    if resource.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise invalid_path(resource.descriptor)
    is_short = parameters.flag("compress_ids", default=True)
    expands, name = parameters.flag("expand_abstract", default=True), parameters.text("type")
    prefixes, classes = await _schema(kernel, resource)
    frames = Frames(classes, expands)
    if name:
        told: dict[str, Json] = frames.frame(prefixes.short_name(name))
        return json_answer(told if is_short else Expansion(prefixes).frame(told))
    every: dict[str, Json] = {each: frames.frame(each) for each in classes}
    if not is_short:
        every = {prefixes.full_name(each): Expansion(prefixes).frame(frames.frame(each)) for each in classes}
    return json_answer({"@context": prefixes.shown, **every})


async def _schema(kernel: Kernel, resource: Resource) -> tuple[Prefixes, dict[str, dict[str, Json]]]:
    context = current()
    try:
        with in_terms_of(resource):
            graph = await kernel.reads.schema(resource.database, resource.revision(context), context)
            database = await kernel.databases.get(resource.database, context)
    except Refusal as refusal:
        if refusal.kind != "api:UnknownDatabase":
            raise
        raise unresolvable(resource, missing="database") from refusal
    first, *others = graph.classes
    decoded = {each.id: decode(each.body) for each in others}
    classes = {name: each for name, each in decoded.items() if isinstance(each, dict)}
    return Prefixes.of(database, first if first.id == CONTEXT_ID else None), classes


class Expansion:
    """Frames with every name in full."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._full = prefixes.full_name

    def frame(self, frame: dict[str, Json]) -> Json:
        """The frame with names in full, at every depth."""
        return {self._key(key): self._member(frame, key, value) for key, value in frame.items()}

    def _key(self, key: str) -> str:
        return key if key.startswith("@") else self._full(key)

    def _member(self, frame: dict[str, Json], key: str, value: Json) -> Json:
        match key:
            case "@type":
                return f"{_SYSTEM}{value}"
            case "@values":
                # The values of a range's enum are told below its name.
                return (
                    [f"{self._full(str(frame['@id']))}/{each}" for each in _listed(value)] if "@id" in frame else value
                )
            case "@id" | "@inherits" | "@class" | "@oneOf":
                return self._names(value)
        return value if key.startswith("@") else self._names(value)

    def _names(self, value: Json) -> Json:
        match value:
            case str():
                return self._full(value)
            case dict():
                return self.frame(value)
            case list():
                return [self._names(each) for each in value]
        return value


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
