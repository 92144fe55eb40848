"""Raw JSON: documents without a class, which no schema holds to anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_kernel.application.ports import Plan, Planner, WriterView
from data_kernel.application.put_mode import PutMode
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.ids import RandomKey, random_key, shorten, why_refused
from data_kernel.domain.schema.model import RAW_CLASS
from shared.canonical import Json, encode
from shared.errors import AlreadyExists, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class RawDocuments:
    """Plans for raw JSON in a database whose ids begin with `base`."""

    base: str
    new_key: RandomKey = random_key

    def put(self, documents: Sequence[Json], mode: PutMode) -> Planner:
        """Write JSON objects as they are; one without `@id` gets a random one.

        The planner raises `InvalidInput` for what is no object and for a bad or repeated id, and `AlreadyExists` or
        `NotFound` as the mode has it.
        """

        def planner(view: WriterView) -> Plan:
            named = [self._named(each, index) for index, each in enumerate(documents)]
            ids = tuple(document_id for document_id, _ in named)
            if len(set(ids)) < len(ids):
                raise InvalidInput("A document is named twice in one request.", field="id")
            changes = (self._change(view, document_id, body, mode) for document_id, body in named)
            return Plan(ids, tuple(change for change in changes if change is not None))

        return planner

    def _named(self, document: Json, index: int) -> tuple[str, bytes]:
        if not isinstance(document, dict):
            raise InvalidInput(f"documents/{index}: raw JSON is an object here.", field=f"documents/{index}")
        given = document.get("@id", f"{RAW_CLASS}/{self.new_key()}")
        if not isinstance(given, str):
            raise InvalidInput(f"documents/{index}/@id: it is a text.", field="@id")
        document_id = shorten(given, self.base)
        if not document_id.startswith(f"{RAW_CLASS}/"):
            raise InvalidInput(f"documents/{index}/@id: ids of raw JSON begin with {RAW_CLASS}/.", field="@id")
        if reason := why_refused(document_id):
            raise InvalidInput(f"documents/{index}/@id: {reason}", field="@id")
        return document_id, encode({**document, "@id": document_id})

    def _change(self, view: WriterView, document_id: str, body: bytes, mode: PutMode) -> Change | None:
        stored = view.get(Graph.INSTANCE, document_id)
        if not mode.allows(present=stored is not None):
            refusal = AlreadyExists if stored is not None else NotFound
            raise refusal(f"{document_id} is {'' if stored is not None else 'not '}there.", field="id")
        before = stored.body if stored is not None else None
        return None if before == body else Change(Graph.INSTANCE, document_id, RAW_CLASS, before, body)
