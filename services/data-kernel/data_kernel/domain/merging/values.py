"""Three-way merge of JSON values that stand in a document."""

from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

from data_kernel.domain.merging.conflicts import ConflictingEdit, Side, Strategy
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, encode


class Absent(Enum):
    """There is no value, which is not the value `null`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
Slot = Json | Absent


class Versions(NamedTuple):
    """One place at the base and on both sides."""

    base: Slot
    ours: Slot
    theirs: Slot


class Place(NamedTuple):
    """Where the versions stand.

    `is_document` tells that objects here are documents or subdocuments, whose class says what their properties are;
    inside of JSON it is false. `is_set` tells that the value is a Set's elements, `shows_one_alone` that one of them
    stands without a list around it.
    """

    path: tuple[str, ...] = ()
    is_document: bool = True
    is_set: bool = False
    shows_one_alone: bool = False


class ThreeWay:
    """One merge: gathers the conflicts that it meets."""

    def __init__(self, shapes: Shapes, strategy: Strategy) -> None:
        self._shapes = shapes
        self._strategy = strategy
        self.conflicts: list[ConflictingEdit] = []

    def value(self, versions: Versions, place: Place) -> Slot:
        """What the place holds after the merge."""
        # Compared as canonical bytes, for Python takes 1 for True.
        base, ours, theirs = map(_bytes, versions)
        if theirs in {ours, base}:
            return versions.ours
        if base == ours:
            return versions.theirs
        if place.is_set:
            return self._set(versions, place)
        if _is_one_object(versions):
            return self._object(versions, place)
        return self._decided(versions, place)

    def _object(self, versions: Versions, place: Place) -> Slot:
        parts = [each if isinstance(each, dict) else {} for each in versions]
        class_name = _text(parts[1].get("@type")) if place.is_document else ""
        merged: dict[str, Json] = {}
        for key in sorted({key for part in parts for key in part}):
            member = self.value(
                Versions(*(part.get(key, ABSENT) for part in parts)),
                Place(
                    (*place.path, key),
                    is_document=self._shapes.referred_class(class_name, key) is not None,
                    is_set=self._shapes.is_set(class_name, key),
                    shows_one_alone=self._shapes.shows_one_alone(class_name, key),
                ),
            )
            if member is not ABSENT:
                merged[key] = member
        return merged

    def _set(self, versions: Versions, place: Place) -> Slot:
        """By element, in order of canonical bytes, as Sets are stored; one without elements is no value."""
        given = [_elements(each) for each in versions]
        by_id = place.is_document and all(_have_own_ids(elements) for elements in given)
        keyed = [{_key(element, by_id=by_id): element for element in elements} for elements in given]
        merged = [
            self.value(Versions(*(part.get(key, ABSENT) for part in keyed)), Place((*place.path, key)))
            for key in sorted({key for part in keyed for key in part})
        ]
        elements = sorted((each for each in merged if each is not ABSENT), key=encode)
        if place.shows_one_alone and len(elements) == 1 and not isinstance(elements[0], list):
            return elements[0]
        return elements or ABSENT

    def _decided(self, versions: Versions, place: Place) -> Slot:
        base, ours, theirs = versions
        self.conflicts.append(ConflictingEdit(place.path, _side(base, ours), _side(base, theirs)))
        return {Strategy.MANUAL: base, Strategy.OURS: ours, Strategy.THEIRS: theirs}[self._strategy]


def _is_one_object(versions: Versions) -> bool:
    """Whether both sides have an object, and it is the same one: an id or a class names another (sub)document."""
    base, ours, theirs = versions
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return False
    if base is not ABSENT and not isinstance(base, dict):
        return False
    present = [each for each in (base, ours, theirs) if isinstance(each, dict)]
    return len({tuple(_bytes(each.get(name, ABSENT)) for name in ("@id", "@type")) for each in present}) == 1


def _elements(value: Slot) -> list[Json]:
    """The elements of a Set; a value from before the property became one is its only element."""
    if value is ABSENT:
        return []
    return value if isinstance(value, list) else [value]


def _have_own_ids(elements: Iterable[Json]) -> bool:
    ids = [_text(element.get("@id")) if isinstance(element, dict) else "" for element in elements]
    return all(ids) and len(set(ids)) == len(ids)


def _key(element: Json, *, by_id: bool) -> str:
    if by_id and isinstance(element, dict):
        return _text(element["@id"])
    return encode(element).decode()


def _side(base: Slot, side: Slot) -> Side:
    if base is ABSENT:
        return Side.ADDED
    return Side.DELETED if side is ABSENT else Side.CHANGED


def _bytes(value: Slot) -> bytes:
    """Canonical bytes; none for no value, which no value has."""
    return b"" if value is ABSENT else encode(value)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
