"""What holds for any document with subdocuments: it is stored in one form, and what is stored is taken as it is."""

from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.merging import Strategy, merge_document
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.shapes import Shapes
from data_kernel.domain.validation import Elaborated, elaborate
from shared.canonical import Json, decode


def _inside(class_name: str, key: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"@type": "Class", "@id": class_name, "@key": key, "@subdocument": [], **properties}


def _several(family: str, name: str, **more: Any) -> dict[str, Any]:
    return {"@type": family, "@class": name, **more}


WORDS = _several("Set", "xsd:string")
CLASSES = [
    _inside("Named", {"@type": "Lexical", "@fields": ["name"]}, name="xsd:string", words=WORDS),
    _inside("Hashed", {"@type": "Hash", "@fields": ["words"]}, words=WORDS, note=_several("Optional", "xsd:string")),
    _inside("Valued", {"@type": "ValueHash"}, words=WORDS, n="xsd:integer"),
    _inside("Loose", {"@type": "Random"}, words=WORDS, inner=_several("Set", "Valued")),
    _inside("Nest", {"@type": "ValueHash"}, loose=_several("Set", "Loose"), n="xsd:integer"),
    {
        "@type": "Class",
        "@id": "Bag",
        "@key": {"@type": "ValueHash"},
        "words": WORDS,
        "loose": _several("Set", "Loose"),
        "nest": _several("Optional", "Nest"),
    },
    {"@type": "Class", "@id": "Keyed", "@key": {"@type": "Hash", "@fields": ["nest"]}, "nest": "Nest"},
    {
        "@type": "Class",
        "@id": "Owner",
        "@key": {"@type": "Lexical", "@fields": ["name"]},
        "name": "xsd:string",
        "one": _several("Optional", "Valued"),
        "named": _several("Set", "Named"),
        "hashed": _several("List", "Hashed"),
        "loose": _several("Set", "Loose"),
        "grid": _several("Array", "Named", **{"@dimensions": 2}),
        "up_to_two": _several("Cardinality", "Loose", **{"@max_cardinality": 2}),
    },
]
BY_NAME = {str(each["@id"]): each for each in CLASSES}
SCHEMA, SHAPES = parse_schema(BY_NAME), Shapes(BY_NAME)
MIRRORED = {Strategy.MANUAL: Strategy.MANUAL, Strategy.OURS: Strategy.THEIRS, Strategy.THEIRS: Strategy.OURS}

words = st.lists(st.sampled_from("abc"), max_size=3)
named = st.fixed_dictionaries({"@type": st.just("Named"), "name": st.sampled_from("xyz"), "words": words})
hashed = st.fixed_dictionaries({"@type": st.just("Hashed"), "words": words, "note": st.sampled_from("ab")})
valued = st.fixed_dictionaries({"@type": st.just("Valued"), "words": words})
loose = st.fixed_dictionaries({"@type": st.just("Loose"), "words": words, "inner": st.lists(valued, max_size=2)})


def _numbered(value: Any, numbers: "count[int]") -> Any:
    """Different values for all that are named by them: two that are the same are refused, wherever they stand."""
    if isinstance(value, list):
        return [_numbered(each, numbers) for each in value]
    if not isinstance(value, dict):
        return value
    own = {"n": next(numbers)} if value["@type"] in {"Valued", "Nest"} else {}
    return own | {name: _numbered(each, numbers) for name, each in value.items()}


owners = st.fixed_dictionaries(
    {"@type": st.just("Owner"), "name": st.just("o"), "hashed": st.lists(hashed, max_size=2)},
    optional={
        "one": valued,
        "named": st.lists(named, max_size=3, unique_by=lambda each: each["name"]),
        "loose": st.lists(loose, max_size=2),
        "grid": st.lists(st.lists(named, min_size=1, max_size=2), max_size=2),
        "up_to_two": loose,
    },
).map(lambda owner: _numbered(owner, count()))
nests = st.fixed_dictionaries({"@type": st.just("Nest"), "loose": st.lists(loose, max_size=3)})
named_by_values = st.fixed_dictionaries({"@type": st.just("Keyed"), "nest": nests}) | st.fixed_dictionaries(
    {"@type": st.just("Bag"), "words": words}, optional={"loose": st.lists(loose, max_size=2), "nest": nests}
)
documents = owners | named_by_values.map(lambda document: _numbered(document, count()))


def _elaborated(document: Json, *, is_stored: bool = False) -> Elaborated:
    assert isinstance(document, dict)
    numbers = count()
    found = elaborate(SCHEMA, document, new_key=lambda: f"r{next(numbers)}", is_stored=is_stored)
    assert found.violations == ()
    return found


@given(documents)
def test_what_is_stored_is_taken_as_it_is_also_where_it_is_given_anew(document: dict[str, Any]) -> None:
    stored = _elaborated(document).body
    assert _elaborated(decode(stored), is_stored=True).body == stored
    assert _elaborated(decode(stored)).body == stored


@given(owners, owners, owners, st.sampled_from(Strategy))
def test_what_two_sides_make_of_subdocuments_is_a_document_again(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any], strategy: Strategy
) -> None:
    before, ours, theirs = (_elaborated(each).body for each in (base, one, other))
    merged = merge_document(SHAPES, before, ours, theirs, strategy)
    assert merged.body is not None
    again = elaborate(SCHEMA, decode(merged.body), is_stored=True)
    if not again.violations:
        assert again.body == merged.body
    back = merge_document(SHAPES, before, theirs, ours, MIRRORED[strategy])
    assert back.body == merged.body
    assert {each.mirrored for each in back.conflicts} == set(merged.conflicts)
