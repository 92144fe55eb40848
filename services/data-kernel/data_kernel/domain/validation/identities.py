"""Giving documents their ids, and the subdocuments in them theirs."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from data_kernel.domain.ids import RandomKey, why_refused
from data_kernel.domain.schema import ClassDefinition, KeyKind, Property, Schema
from data_kernel.domain.validation.keys import hash_key, lexical_key, value_hash_key
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.sets import has_orders, in_order, joined, order_sets
from data_kernel.domain.validation.values import Note, Path
from shared.canonical import Json

_MakeKey = Callable[[Schema, ClassDefinition, dict[str, Json]], str]
_KEYS: Mapping[KeyKind, _MakeKey] = {
    KeyKind.LEXICAL: lexical_key,
    KeyKind.HASH: hash_key,
    KeyKind.VALUE_HASH: value_hash_key,
}
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Identities:
    """Generates ids by the keys of classes, or checks those that were given; what does not fit goes to `note`.

    With `is_stored` the document is one that was stored, perhaps changed since: a subdocument whose id does not fit its
    place or its values any more gets another one instead.
    """

    def __init__(self, schema: Schema, new_key: RandomKey, note: Note, *, is_stored: bool) -> None:
        self._schema = schema
        self._new_key = new_key
        self._note = note
        self._is_stored = is_stored
        self._given: set[str] = set()

    def of(self, definition: ClassDefinition, given: Json, values: dict[str, Json], broken: AbstractSet[str]) -> str:
        """The id of a document; empty where it could not be told. `broken` are the properties that could not be."""
        return self._id(definition, self._shortened(given, ()), values, definition.id_prefix, broken, ())

    def inside(self, definition: ClassDefinition, values: dict[str, Json], document_id: str, path: Path = ()) -> None:
        """Give the subdocuments of a document their ids, which begin with its own and the property's name.

        In lists and arrays their places follow; sets are brought into order.
        """
        order_sets(definition, values)
        for name, value in values.items():
            each = definition.properties[name]
            if each.may_hold_documents:
                values[name] = self._within(each, value, f"{document_id}/{name}", (*path, name))

    def _within(self, each: Property, value: Json, above: str, path: Path) -> Json:
        if isinstance(value, dict):
            return self._unique(self._subdocument(value, above, path), path)
        if not isinstance(value, list):
            return value
        if each.is_unordered:
            return self._set(value, above, path)
        return [self._within(each, element, f"{above}/{index}", (*path, index)) for index, element in enumerate(value)]

    def _set(self, elements: list[Json], above: str, path: Path) -> list[Json]:
        """In order, and each subdocument once.

        Two with one key are one that has the values of both, as in TerminusDB.
        """
        by_id: dict[str, Json] = {}
        for index, element in enumerate(elements):
            place = (*path, index)
            each = self._subdocument(element, above, place) if isinstance(element, dict) else element
            key = str(each["@id"]) if isinstance(each, dict) else str(each)
            there = by_id.get(key)
            by_id[key] = self._joined(there, each, path) if isinstance(there, dict) and isinstance(each, dict) else each
        for each in by_id.values():
            self._unique(each, path)
        return in_order([*by_id.values()])

    def _joined(self, one: dict[str, Json], other: dict[str, Json], path: Path) -> dict[str, Json]:
        both = joined(self._schema.classes[str(one["@type"])], one, other)
        if both is None:
            self._note_repeated(str(one["@id"]), path)
        return both or one

    def _unique(self, each: Json, path: Path) -> Json:
        document_id = str(each["@id"]) if isinstance(each, dict) else ""
        if document_id and document_id in self._given:
            self._note_repeated(document_id, path)
        self._given.add(document_id)
        return each

    def _note_repeated(self, document_id: str, path: Path) -> None:
        self._note(path, Mismatch(f"Another subdocument here has this id, too: {document_id}", "key_repeated"))

    def _subdocument(self, document: dict[str, Json], above: str, path: Path) -> dict[str, Json]:
        definition = self._schema.classes[str(document["@type"])]
        values = {name: value for name, value in document.items() if not name.startswith("@")}
        hashes = definition.key.kind is KeyKind.VALUE_HASH
        prefix = definition.id_prefix if hashes else f"{above}/{definition.id_prefix}"
        given = self._shortened(document.get("@id"), path)
        if self._is_stored and (definition.key.kind in _KEYS or not (given or "").startswith(prefix)):
            given = None
        document_id = self._id(definition, given, values, prefix, set(), path)
        self.inside(definition, values, document_id, path)
        return {"@id": document_id, "@type": definition.name, **values}

    def _id(
        self,
        definition: ClassDefinition,
        given: str | None,
        values: dict[str, Json],
        prefix: str,
        broken: AbstractSet[str],
        path: Path,
    ) -> str:
        make = _KEYS.get(definition.key.kind)
        if make is None:
            return self._free(given, prefix, path)
        needed = definition.key.fields or definition.properties
        if given == "" or not broken.isdisjoint(needed):
            return given or ""
        made = f"{prefix}{make(self._schema, definition, values)}"
        if given is not None and self._may_be_of_another_order(definition, given, values, path):
            return given
        if given is not None and given != made:
            self._note((*path, "@id"), Mismatch("The id is not the one that the class's key makes.", "id_mismatch"))
        elif why := why_refused(made):
            self._note((*path, "@id"), Mismatch(why, "id_form"))
        else:
            return made
        return ""

    def _may_be_of_another_order(
        self, definition: ClassDefinition, given: str, values: dict[str, Json], path: Path
    ) -> bool:
        """Whether the id may be made of the document's sets in the order that they were given in, which is not kept."""
        if path or definition.key.kind is not KeyKind.VALUE_HASH:
            return False
        is_digest = _DIGEST.fullmatch(given.removeprefix(definition.id_prefix)) is not None
        return self._is_stored or (is_digest and has_orders(definition, values))

    def _free(self, given: str | None, prefix: str, path: Path) -> str:
        """An id that no value decides: the one given, else a random one."""
        if given is None:
            return f"{prefix}{self._new_key()}"
        if given and (not given.startswith(prefix) or given == prefix):
            self._note((*path, "@id"), Mismatch(f"The id of a document begins with {prefix}", "id_form"))
            return ""
        return given

    def _shortened(self, given: Json, path: Path) -> str | None:
        """The id that a document brings, shortened; empty where it is none, `None` where there is none."""
        if given is None:
            return None
        short = self._schema.prefixes.short_id(given) if isinstance(given, str) else ""
        if why := why_refused(short):
            message = why if isinstance(given, str) else "An id is a text."
            self._note((*path, "@id"), Mismatch(message, "id_form"))
            return ""
        return short
