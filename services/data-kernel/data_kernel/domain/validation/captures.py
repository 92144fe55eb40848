"""Names for documents of one request that have no id yet."""

from collections.abc import Mapping

from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.values import Note
from shared.canonical import Json

CAPTURE = "@capture"
REF = "@ref"


class Captures:
    """Which document has which name.

    Ids follow from values, and values may be names: a first pass over a request (`ids` `None`) learns the id of every
    name, a second one has them.
    """

    def __init__(self, ids: Mapping[str, str] | None = None) -> None:
        self._ids = ids
        self._bound: dict[str, str] = {}
        self._is_referred_to = False

    @property
    def are_used(self) -> bool:
        """Whether a name has been met."""
        return bool(self._bound) or self._is_referred_to

    def known(self) -> "Captures":
        """The names for the second pass."""
        return Captures(self._bound)

    def name_of(self, document: Mapping[str, Json], note: Note) -> str:
        """The name that a document asks for; empty where it asks for none."""
        name = document.get(CAPTURE, "")
        if not isinstance(name, str) or (not name and CAPTURE in document):
            note((CAPTURE,), Mismatch("The name of a document is a text.", "capture"))
            return ""
        return name

    def bound(self, name: str) -> str | None:
        """The id that the first pass gave: one that is random must stay."""
        return (self._ids or {}).get(name) or None

    def bind(self, name: str, document_id: str, note: Note) -> None:
        """Let a document have a name."""
        if name in self._bound:
            note((CAPTURE,), Mismatch("Two documents of this request have this name.", "capture_repeated"))
        self._bound.setdefault(name, document_id)

    def target(self, name: Json) -> str:
        """The id for `@ref`; empty where it cannot be told yet, or the document that has it is refused itself."""
        self._is_referred_to = True
        if not isinstance(name, str):
            raise Mismatch("The name of a document is a text.", "capture")
        if self._ids is None:
            return ""
        if name not in self._ids:
            raise Mismatch("No document of this request has this name.", "capture_unbound")
        return self._ids[name]
