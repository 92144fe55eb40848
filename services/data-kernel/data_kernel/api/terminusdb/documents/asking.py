"""What a request for documents asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from data_kernel.api.terminusdb.documents.rendering import Form
from data_kernel.api.terminusdb.parameters import Parameters
from data_kernel.api.terminusdb.refusing.refusals import Refusal, bad_parameter, not_offered
from data_kernel.domain.documents import Graph
from shared.canonical import Json, decode
from shared.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Asked:
    """One document, several, or those of a class (empty: all), perhaps only those that look like a template."""

    graph: Graph
    document_id: str
    ids: tuple[str, ...] | None
    type_name: str
    template: dict[str, Json] | None
    skip: int
    count: int | None
    as_list: bool
    form: Form

    @classmethod
    def of(cls, request: Request, overriding: Json) -> "Asked":
        """Read the parameters, of a body (`overriding`) before those of the query; `Refusal` for a bad one."""
        body = dict(overriding) if isinstance(overriding, dict) else {}
        template = body.pop("query", None)
        parameters = Parameters.of(request, body)
        _refuse_other_formats(parameters.given.get("format", "json"))
        parameters.flag("minimized")
        ids = parameters.text("ids")
        return cls(
            graph=parameters.graph(),
            document_id=parameters.text("id"),
            ids=None if not ids else _ids(ids),
            type_name=parameters.text("type"),
            template=_template(template, parameters),
            skip=parameters.natural("skip") or 0,
            count=parameters.natural("count"),
            as_list=parameters.flag("as_list"),
            form=Form(
                unfolds=parameters.flag("unfold", default=True),
                compresses=parameters.flag("compress_ids", default=parameters.flag("prefixed", default=True)),
            ),
        )

    @property
    def needs_prefixes(self) -> bool:
        """Whether an id or a name that is asked for, or an answer, is in full or begins with a prefix."""
        texts = [self.document_id, self.type_name, *(self.ids or ())]
        is_short = self.template is None and self.form.compresses
        return not is_short or any(":" in text for text in texts)

    @property
    def wanted(self) -> Sequence[str] | None:
        """Ids of the documents that are named; `None` where a listing is asked for."""
        return [self.document_id] if self.document_id else self.ids


def _refuse_other_formats(given: str) -> None:
    if given == "embedding":
        raise not_offered("documents as texts to be embedded", "format")
    if given != "json":
        raise bad_parameter("format", "format (json, embedding)", given)


def _template(given: Json, parameters: Parameters) -> dict[str, Json] | None:
    if given is None and "query" in parameters.given:
        given = _decoded(parameters.given["query"], "query")
    if given is not None and not isinstance(given, dict):
        raise bad_parameter("query", "object", given)
    return given


def _ids(text: str) -> tuple[str, ...]:
    value = _decoded(text, "ids")
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidInput("ids: it is a JSON array of texts", field="ids")
    return tuple(str(each) for each in value)


def _decoded(text: str, name: str) -> Json:
    try:
        return decode(text, field=name)
    except InvalidInput as error:
        raise Refusal(
            error, kind="api:JSONInvalid", text="Submitted JSON data is invalid", beside={"api:what": "illegal_json"}
        ) from error
