"""Template queries: documents that look like a given one.

A template has a class and some properties. A value matches an equal one or, in a set or list, one of its elements;
`{"@regex": …}` matches texts; an object matches the document that is referred to, or the subdocument.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from data_kernel.domain.equality import comparable, is_scalar
from data_kernel.domain.patterns import compiled
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json
from shared.errors import InvalidInput

Lookup = Callable[[str], Mapping[str, Json] | None]
"""Finds a document that is referred to by its id; `None` where there is none."""
Test = Callable[[Json, Lookup], bool]


@dataclass(frozen=True, slots=True)
class Template:
    """A template, read: `ids` are those of the only documents that can match (`None`: any).

    `values` are those that properties must have, where it says which.
    """

    ids: tuple[str, ...] | None
    tests: Mapping[str, Test]
    values: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def read(cls, shapes: Shapes, class_name: str, members: Mapping[str, Json], place: str = "query") -> "Template":
        """Read a template for documents of a class; `InvalidInput` names what is none or what the class has not."""
        tests: dict[str, Test] = {}
        for key, wanted in members.items():
            if key.startswith("@"):
                continue
            if key not in shapes.properties(class_name):
                raise InvalidInput(f"{place}: the class has no property of this name", field=place)
            tests[key] = _test(shapes, shapes.referred_class(class_name, key), wanted, f"{place}/{key}")
        values = {key: wanted for key, wanted in members.items() if key in tests and is_scalar(wanted)}
        return cls(_ids(members.get("@id"), place), tests, values)

    def matches(self, document: Mapping[str, Json], lookup: Lookup) -> bool:
        """Whether a document looks like this."""
        if self.ids is not None and document.get("@id") not in self.ids:
            return False
        return all(_any(document.get(key), test, lookup) for key, test in self.tests.items())


def _test(shapes: Shapes, referred: str | None, wanted: Json, place: str) -> Test:
    if isinstance(wanted, dict) and "@regex" in wanted:
        has_pattern = compiled(str(wanted["@regex"]), f"{place}/@regex")
        return lambda value, _: isinstance(value, str) and has_pattern(value)
    if isinstance(wanted, dict) and referred is not None:
        inner = Template.read(shapes, str(wanted.get("@type", referred)), wanted, place)
        return lambda value, lookup: _refers(value, inner, lookup)
    if isinstance(wanted, list | dict):
        raise InvalidInput(f"{place}: a template has values, patterns and documents", field=place)
    expected = comparable(wanted)
    return lambda value, _: comparable(value) == expected


def _refers(value: Json, template: Template, lookup: Lookup) -> bool:
    document = lookup(value) if isinstance(value, str) else value
    return isinstance(document, Mapping) and template.matches(document, lookup)


def _any(value: Json, test: Test, lookup: Lookup) -> bool:
    return any(test(each, lookup) for each in (value if isinstance(value, list) else [value]))


def _ids(given: Json, place: str) -> tuple[str, ...] | None:
    match given:
        case None:
            return None
        case str():
            return (given,)
        case {"@one-of": [*several]} if all(isinstance(each, str) for each in several):
            return tuple(str(each) for each in several)
    raise InvalidInput(f"{place}/@id: it is an id, or {{@one-of: [ids]}}", field=f"{place}/@id")
