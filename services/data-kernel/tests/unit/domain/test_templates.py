"""Templates and the patterns in them."""

from collections.abc import Mapping

import pytest

from data_kernel.domain.patterns import MAX_PATTERN_CHARS, compiled
from data_kernel.domain.shapes import Shapes
from data_kernel.domain.templates import Template
from shared.canonical import Json, JsonNumber
from shared.errors import InvalidInput

SHAPES = Shapes(
    {
        "Person": {"@type": "Class", "name": "xsd:string", "knows": {"@type": "Set", "@class": "Person"}},
        "Note": {"@type": "Class", "@subdocument": [], "text": "xsd:string"},
        "Book": {
            "@type": "Class",
            "title": "xsd:string",
            "price": "xsd:decimal",
            "by": "Person",
            "tags": {"@type": "List", "@class": "xsd:string"},
            "note": {"@type": "Optional", "@class": "Note"},
        },
    }
)
PEOPLE: dict[str, Mapping[str, Json]] = {
    "Person/a": {"@id": "Person/a", "@type": "Person", "name": "Ann", "knows": ["Person/b"]},
    "Person/b": {"@id": "Person/b", "@type": "Person", "name": "Bob"},
}
BOOK: dict[str, Json] = {
    "@id": "Book/1",
    "@type": "Book",
    "title": "One",
    "price": JsonNumber("1.50"),
    "by": "Person/a",
    "tags": ["x", "yy"],
    "note": {"@id": "Book/1/note/Note/1", "@type": "Note", "text": "n"},
}


@pytest.mark.parametrize(
    ("template", "matches"),
    [
        ({}, True),
        ({"title": "One"}, True),
        ({"title": "one"}, False),
        ({"price": JsonNumber("1.5")}, True),
        ({"price": 1}, False),
        ({"price": "1.50"}, False),
        ({"price": True}, False),
        ({"tags": "yy"}, True),
        ({"tags": {"@regex": "^y+$"}}, True),
        ({"tags": {"@regex": "^y$"}}, False),
        ({"price": {"@regex": "."}}, False),
        ({"by": "Person/a"}, True),
        ({"by": {"name": "Ann"}}, True),
        ({"by": {"name": "Bob"}}, False),
        ({"by": {"knows": {"name": {"@regex": "B"}}}}, True),
        ({"by": {"@id": "Person/a"}}, True),
        ({"by": {"@id": {"@one-of": ["Person/b"]}}}, False),
        ({"note": {"text": "n"}}, True),
        ({"note": {"text": "m"}}, False),
        ({"@id": "Book/2"}, False),
        ({"@id": {"@one-of": ["Book/1", "Book/2"]}}, True),
    ],
)
def test_a_document_looks_like_a_template(template: dict[str, Json], matches: bool) -> None:
    assert Template.read(SHAPES, "Book", template).matches(BOOK, PEOPLE.get) is matches


@pytest.mark.parametrize(
    ("template", "field"),
    [
        ({"nope": 1}, "query"),
        ({"by": {"nope": 1}}, "query/by"),
        ({"title": ["One"]}, "query/title"),
        ({"title": {"name": "x"}}, "query/title"),
        ({"title": {"@regex": "("}}, "query/title/@regex"),
        ({"title": {"@regex": "a" * (MAX_PATTERN_CHARS + 1)}}, "query/title/@regex"),
        ({"@id": 7}, "query/@id"),
        ({"@id": {"@one-of": [7]}}, "query/@id"),
    ],
)
def test_what_is_no_template_is_refused(template: dict[str, Json], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Template.read(SHAPES, "Book", template)
    assert refused.value.field == field


def test_a_pattern_that_would_take_others_for_ever() -> None:
    assert not compiled("^(a+)+$", "f")("a" * 5000 + "!")


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "\ud800"])
def test_patterns_beyond_linear_time_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput):
        compiled(pattern, "f")
