"""How documents are shown: subdocuments and unfoldable documents inside or by their ids, names short or in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.classes.prefixes import Prefixes
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.domain.documents import StoredDocument
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, decode, encode
from shared.context import CallContext

_MAX_UNFOLDED = 10_000
"""So many documents are shown inside of one at most; the others stay ids, lest few documents become a flood."""

Object = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Form:
    """How the documents of a request are to be shown."""

    unfolds: bool = True
    compresses: bool = True


@dataclass(frozen=True, slots=True)
class Rendering:
    """Shows documents of one state; `prefixes` matter where names are to be in full."""

    kernel: Kernel
    database: str
    commit: str
    shapes: Shapes
    prefixes: Prefixes
    form: Form
    context: CallContext

    @property
    def is_plain(self) -> bool:
        """Whether documents are shown as they are stored."""
        return self.form.compresses and self.form.unfolds and not self.shapes.unfoldable

    async def bodies(self, documents: Sequence[StoredDocument]) -> list[bytes]:
        """The documents as JSON texts."""
        if self.is_plain:
            return [document.body for document in documents]
        decoded = [decode(document.body) for document in documents]
        return [encode(each) for each in await self.shown([each for each in decoded if isinstance(each, dict)])]

    async def shown(self, documents: Sequence[Object]) -> list[Json]:
        """The documents as JSON values."""
        if not self.form.unfolds:
            folded = [self._folded(each) for each in documents]
        else:
            folded = [_Unfolding(self.shapes, await self._unfoldable(documents)).of(each) for each in documents]
        return [each if self.form.compresses else self._in_full(each) for each in folded]

    async def _unfoldable(self, documents: Sequence[Object]) -> Mapping[str, Object]:
        """The documents that are to be shown inside of these, and inside of one another."""
        found: dict[str, Object] = {}
        if not self.shapes.unfoldable:
            return found
        seen: set[str] = set()
        wanted = {each for document in documents for each in self.shapes.references(document)}
        while wanted and len(seen) < _MAX_UNFOLDED:
            seen |= wanted
            fresh = [each for each in await self._read(sorted(wanted)) if each["@type"] in self.shapes.unfoldable]
            found |= {str(each["@id"]): each for each in fresh}
            wanted = {each for document in fresh for each in self.shapes.references(document)} - seen
        return found

    async def _read(self, ids: Sequence[str]) -> list[Object]:
        revision = NamedRevision(commit=self.commit)
        found = await self.kernel.reads.get(self.database, revision, ids, self.context)
        decoded = [decode(each.body) for each in found.documents if each is not None]
        return [each for each in decoded if isinstance(each, dict) and "@type" in each]

    def _folded(self, document: Object) -> Object:
        """With ids in place of subdocuments."""

        def folded(value: Json) -> Json:
            if isinstance(value, list):
                return [folded(each) for each in value]
            return value.get("@id", value) if isinstance(value, dict) else value

        return {
            key: folded(value) if self.shapes.referred_class(str(document.get("@type")), key) else value
            for key, value in document.items()
        }

    def _in_full(self, document: Object) -> Object:
        """With every name and id as an IRI."""
        class_name = str(document.get("@type"))
        full: Object = {}
        for key, value in document.items():
            match key:
                case "@id":
                    full[key] = self.prefixes.full_id(str(value))
                case "@type":
                    full[key] = self.prefixes.full_name(str(value))
                case _:
                    refers = self.shapes.referred_class(class_name, key) is not None
                    full[self.prefixes.full_name(key)] = self._ids_in_full(value) if refers else value
        return full

    def _ids_in_full(self, value: Json) -> Json:
        match value:
            case str():
                return self.prefixes.full_id(value)
            case list():
                return [self._ids_in_full(each) for each in value]
            case dict():
                return self._in_full(value)
        return value


class _Unfolding:
    """Shows documents inside of one another; one that is inside of itself is an id there."""

    def __init__(self, shapes: Shapes, unfoldable: Mapping[str, Object]) -> None:
        self._shapes = shapes
        self._unfoldable = unfoldable
        self._left = _MAX_UNFOLDED

    def of(self, document: Object, above: tuple[str, ...] = ()) -> Object:
        """The document with what it refers to; `above` are the ids of those that it is shown in."""
        if not self._unfoldable:
            return document
        path = (*above, str(document.get("@id")))
        class_name = str(document.get("@type"))
        return {
            key: self._value(value, path) if self._shapes.referred_class(class_name, key) else value
            for key, value in document.items()
        }

    def _value(self, value: Json, path: tuple[str, ...]) -> Json:
        match value:
            case str():
                return self._reference(value, path)
            case list():
                return [self._value(each, path) for each in value]
            case dict():
                return self.of(value, path)
        return value

    def _reference(self, document_id: str, path: tuple[str, ...]) -> Json:
        document = self._unfoldable.get(document_id)
        if document is None or document_id in path or self._left == 0 or len(path) >= _MAX_DEPTH:
            return document_id
        self._left -= 1
        return self.of(document, path)


_MAX_DEPTH = 90
"""Documents nested so deep are still JSON that every reader takes: 100 levels."""
