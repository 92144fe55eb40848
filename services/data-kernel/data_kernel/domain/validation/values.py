"""Reading the values of one property: families, ranges, typed literals."""

from collections.abc import Callable
from urllib.parse import unquote

from data_kernel.domain.ids import why_refused
from data_kernel.domain.schema import Family, Property, Range, RangeKind, Schema
from data_kernel.domain.validation.datatypes import NORMALISERS
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.sets import without_repeats
from shared.canonical import MAX_DEPTH, Json, decode, encode
from shared.errors import InvalidInput

Path = tuple[str | int, ...]
Note = Callable[[Path, Mismatch], None]
InnerReader = Callable[[str, dict[str, Json], Path], Json]

_LITERAL = {"@type", "@value"}


class ValueReader:
    """Reads values of the document at `above`; what does not fit goes to `note`, references to `references`.

    With `may_be_joined` a single value may be several: the document is a stored one that was made of two. `inner` reads
    an object where a document is expected: the id that it stands for, a subdocument, or nothing.
    """

    def __init__(
        self,
        schema: Schema,
        note: Note,
        inner: InnerReader,
        references: list[tuple[str, str, Path]],
        above: Path,
        *,
        may_be_joined: bool,
    ) -> None:
        self._schema = schema
        self._note = note
        self._inner = inner
        self._references = references
        self._above = above
        self._may_be_joined = may_be_joined

    def read(self, each: Property, value: Json) -> Json:
        """The canonical form of a property's value; `None` where it counts as absent or does not fit."""
        if each.is_single:
            return self._single(each, value)
        if each.family is Family.SET:
            return self._set(each, value)
        if each.family is Family.LIST:
            return self._list(each, value)
        if each.family is Family.CARDINALITY:
            return self._counted(each, value)
        array = self._nested(each, value, each.dimensions, (each.name,))
        return None if isinstance(array, list) and _is_hollow(array) else array

    def _single(self, each: Property, value: Json) -> Json:
        if self._may_be_joined and isinstance(value, list) and each.range.kind not in {RangeKind.JSON, RangeKind.UNIT}:
            return self._elements(each, value)
        return self._one(each, value, each.name)

    def _set(self, each: Property, value: Json) -> Json:
        """Each element once; a single value may stand alone, and none is absence.

        The elements are still in the order given, of which TerminusDB makes ids. Of subdocuments two that look the same
        differ as long as they have no ids.
        """
        elements: list[Json] = value if isinstance(value, list) else [value]
        read = self._elements(each, elements)
        if each.may_hold_documents and any(isinstance(element, dict) for element in read):
            return read
        return [*without_repeats(read)] or None

    def _counted(self, each: Property, value: Json) -> Json:
        """A set with bounds; one value stands alone, as TerminusDB shows it, unless it is a list itself.

        A value that is given twice is one too many, as it is there, and one too few.
        """
        elements = self._set(each, value)
        found = elements if isinstance(elements, list) else []
        given = len(value) if isinstance(value, list) else 1
        if len(found) < each.min_count or (each.max_count is not None and given > each.max_count):
            self._note(
                (*self._above, each.name), Mismatch("The number of values is not the one asked for.", "cardinality")
            )
        return found[0] if len(found) == 1 and not isinstance(found[0], list) else elements

    def _nested(self, each: Property, value: Json, depth: int, path: Path) -> Json:
        """The lists of an array, `depth` deep from here; `path` begins in this document."""
        if isinstance(value, list) is not (depth > 0):
            message = f"This array has {each.dimensions} dimensions."
            self._note((*self._above, *path), Mismatch(message, "array_dimensions"))
            return None
        if not isinstance(value, list):
            return self._one(each, value, *path)
        return [self._nested(each, element, depth - 1, (*path, index)) for index, element in enumerate(value)]

    def _list(self, each: Property, value: Json) -> Json:
        if isinstance(value, list):
            return self._elements(each, value)
        self._note((*self._above, each.name), Mismatch("This property is a list."))
        return None

    def _elements(self, each: Property, elements: list[Json]) -> list[Json]:
        if each.range.kind is RangeKind.JSON:
            return self._json_elements(each, elements)
        read = [self._one(each, element, each.name, index) for index, element in enumerate(elements)]
        return [element for element in read if element is not None]

    def _json_elements(self, each: Property, elements: list[Json]) -> list[Json]:
        # A value that stood alone gets a list around it and so might lie deeper than can be read again.
        try:
            decode(encode({each.name: elements}))
        except InvalidInput:
            self._note((*self._above, each.name), Mismatch(f"This is nested deeper than {MAX_DEPTH}."))
            return []
        return elements

    def _one(self, each: Property, value: Json, *path: str | int) -> Json:
        """One value at a path that begins in this document."""
        try:
            if each.is_literal:
                return NORMALISERS[each.range.name](_literal(each.range, value))
            if each.may_hold_documents:
                return self._reference(each.range.name, value, (*self._above, *path))
            return self._other(each.range, value)
        except Mismatch as mismatch:
            self._note((*self._above, *path), mismatch)
            return None

    def _other(self, expected: Range, value: Json) -> Json:
        if expected.kind is RangeKind.JSON:
            return value
        if expected.kind is RangeKind.UNIT:
            return _unit(value)
        return self._enum_value(expected.name, value)

    def _enum_value(self, name: str, value: Json) -> Json:
        allowed = self._schema.enums[name].values
        if isinstance(value, str):
            short = unquote(value.removeprefix(f"{self._schema.prefixes.full_name(name)}/"))
            for candidate in (value, short):
                if candidate in allowed:
                    return candidate
        raise Mismatch(f"This is not a value of the enum {name}.", "enum_value")

    def _reference(self, class_name: str, value: Json, path: Path) -> Json:
        if isinstance(value, dict):
            value = self._inner(class_name, value, path)
            if not value or isinstance(value, dict):
                return value or None
        if not isinstance(value, str):
            raise Mismatch(f"A reference to {class_name} is the id of a document.")
        target = self._schema.prefixes.short_id(value)
        if why := why_refused(target):
            raise Mismatch(why)
        self._references.append((target, class_name, path))
        return target


def _is_hollow(array: list[Json]) -> bool:
    """Whether there is no value in an array, which therefore counts as absent."""
    return all(isinstance(each, list) and _is_hollow(each) for each in array)


def _unit(value: Json) -> Json:
    if value != []:
        raise Mismatch("The only value here is [].")
    return value


def _literal(expected: Range, value: Json) -> Json:
    """The value of a typed literal `{"@type", "@value"}`, which must name the type that is expected anyway."""
    if not isinstance(value, list | dict):
        return value
    if not isinstance(value, dict) or value.keys() != _LITERAL:
        raise Mismatch(f"This is one value of {expected.name}.")
    if value["@type"] != expected.name:
        raise Mismatch(f"The type here is {expected.name}.")
    return value["@value"]
