"""Reading the properties of a class: families of values, and what the values are."""

from collections.abc import Mapping

from data_kernel.domain.schema.inheritance import Refuse
from data_kernel.domain.schema.model import RAW_CLASS, Family, Property, Range
from data_kernel.domain.schema.names import why_not_a_name
from shared.canonical import Json

_FAMILIES = {family.value: family for family in Family if family is not Family.REQUIRED}
_COUNTS = {"@cardinality", "@min_cardinality", "@max_cardinality"}
_MAX_DIMENSIONS = 64
"""An array so deep still lies within the depth that a document may have."""
_MEMBERS: Mapping[Family, set[str]] = {Family.ARRAY: {"@dimensions"}, Family.CARDINALITY: _COUNTS}
_DATATYPE_PREFIXES = ("xsd:", "sys:", "xdd:", "rdf:", "rdfs:")
_KNOWN_ELSEWHERE = {"Table", "Foreign"}
"""Words of TerminusDB's class language that are not offered here."""


def refuse_word(refuse: Refuse, name: str, word: Json, what: str, *path: str | int) -> None:
    """Note that a word of the class language is unknown, or known to TerminusDB alone."""
    if isinstance(word, str) and word in _KNOWN_ELSEWHERE:
        refuse(name, "unsupported", f"{word} is not supported as {what}.", *path)
    else:
        refuse(name, "unknown_word", f"This is not {what}.", *path)


class PropertyReader:
    """Reads properties; `ranges` are the types that there are, and what is wrong goes to `refuse`."""

    def __init__(self, ranges: Mapping[str, Range], refuse: Refuse) -> None:
        self._ranges = ranges
        self._refuse = refuse

    def read(self, name: str, member: str, value: Json, *above: str | int) -> Property | None:
        """The property of a class from its member, which stands below `above`; `None` where it cannot be read."""
        place = (*above, member)
        if why := why_not_a_name(member):
            self._refuse(name, "name", why, *place)
        if not isinstance(value, dict):
            found = self._range(name, value, *place)
            return Property(member, Family.REQUIRED, found) if found is not None else None
        word = value.get("@type")
        family = _FAMILIES.get(word) if isinstance(word, str) else None
        if family is None:
            refuse_word(self._refuse, name, word, "a family of values", *place, "@type")
            return None
        for surplus in sorted(value.keys() - {"@type", "@class"} - _MEMBERS.get(family, set())):
            self._refuse(name, "unsupported", f"{surplus} is not supported.", *place, surplus)
        found = self._range(name, value.get("@class"), *place)
        return self._bounded(name, member, family, found, value, place) if found is not None else None

    def _bounded(
        self, name: str, member: str, family: Family, found: Range, value: dict[str, Json], place: tuple[str | int, ...]
    ) -> Property:
        numbers = {each: self._number(name, value[each], *place, each) for each in value.keys() & _COUNTS}
        exact = numbers.get("@cardinality")
        least = numbers.get("@min_cardinality", exact) or 0
        dimensions = self._dimensions(name, value.get("@dimensions", 1), *place, "@dimensions")
        return Property(member, family, found, least, numbers.get("@max_cardinality", exact), dimensions)

    def _number(self, name: str, value: Json, *place: str | int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self._refuse(name, "count", "This is a number of values: 0 or more.", *place)
        return 0

    def _dimensions(self, name: str, value: Json, *place: str | int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_DIMENSIONS:
            return value
        self._refuse(name, "dimensions", f"An array has 1 to {_MAX_DIMENSIONS} dimensions.", *place)
        return 1

    def _range(self, name: str, word: Json, *place: str | int) -> Range | None:
        found = self._ranges.get(word) if isinstance(word, str) else None
        if found is not None:
            return found
        if word == f"sys:{RAW_CLASS}":
            self._refuse(name, "raw_range", "No property refers to raw JSON documents; sys:JSON holds JSON.", *place)
        elif isinstance(word, str) and word.startswith(_DATATYPE_PREFIXES):
            self._refuse(name, "unsupported", "This datatype is not supported.", *place)
        elif isinstance(word, str):
            self._refuse(name, "unknown_type", "This is neither a datatype nor a class nor an enum here.", *place)
        else:
            self._refuse(name, "unsupported", "The type of a value is a name.", *place)
        return None
