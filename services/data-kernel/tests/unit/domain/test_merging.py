"""Three-way merge of documents: what holds for any three of them, and what each kind of property does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.merging import ConflictingEdit, MergedDocument, Side, Strategy, merge_document
from data_kernel.domain.shapes import Shapes
from shared.canonical import decode, encode

SHAPES = Shapes(
    {
        "Part": {"@type": "Class", "@id": "Part", "@subdocument": [], "@key": {"@type": "Random"}, "n": "xsd:integer"},
        "Box": {
            "@type": "Class",
            "@id": "Box",
            "label": {"@type": "Optional", "@class": "xsd:string"},
            "flag": {"@type": "Optional", "@class": "sys:JSON"},
            "tags": {"@type": "Set", "@class": "xsd:string"},
            "list": {"@type": "List", "@class": "xsd:string"},
            "notes": {"@type": "Optional", "@class": "sys:JSON"},
            "part": {"@type": "Optional", "@class": "Part"},
            "parts": {"@type": "Set", "@class": "Part"},
        },
    }
)
MIRRORED = {Strategy.MANUAL: Strategy.MANUAL, Strategy.OURS: Strategy.THEIRS, Strategy.THEIRS: Strategy.OURS}

texts = st.sampled_from("abc")
values = st.sampled_from([0, 1, True, False, None, "a"])
json_values = st.recursive(
    values, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=3)
)


def _part(key: str, n: int) -> dict[str, Any]:
    return {"@id": f"Part/{key}", "@type": "Part", "n": n}


def _set(elements: list[Any]) -> list[Any]:
    return sorted(elements, key=encode)


parts = st.dictionaries(texts, st.integers(0, 2), min_size=1, max_size=3).map(
    lambda given: _set([_part(key, n) for key, n in given.items()])
)
boxes = st.fixed_dictionaries(
    {"@id": st.just("Box/1"), "@type": st.just("Box")},
    optional={
        "label": texts,
        "flag": values,
        "tags": st.sets(texts, min_size=1).map(sorted),
        "list": st.lists(texts, max_size=3),
        "notes": json_values,
        "part": st.builds(_part, texts, st.integers(0, 2)),
        "parts": parts,
    },
)
versions = st.none() | boxes.map(encode)


def _box(**members: Any) -> bytes:
    return encode({"@id": "Box/1", "@type": "Box", **members})


def _merge(
    base: bytes | None, ours: bytes | None, theirs: bytes | None, strategy: Strategy = Strategy.MANUAL
) -> MergedDocument:
    return merge_document(SHAPES, base, ours, theirs, strategy)


def _members(merged: MergedDocument) -> dict[str, Any]:
    assert merged.body is not None
    document = decode(merged.body)
    assert isinstance(document, dict)
    return {key: value for key, value in document.items() if not key.startswith("@")}


@given(versions, versions, st.sampled_from(Strategy))
def test_an_edit_of_one_side_or_of_both_alike_is_the_result(
    base: bytes | None, edited: bytes | None, strategy: Strategy
) -> None:
    expected = MergedDocument(edited, ())
    assert _merge(base, edited, base, strategy) == expected
    assert _merge(base, base, edited, strategy) == expected
    assert _merge(base, edited, edited, strategy) == expected


@given(versions, versions, versions, st.sampled_from(Strategy))
def test_swapped_sides_give_the_same_document_and_mirrored_conflicts(
    base: bytes | None, ours: bytes | None, theirs: bytes | None, strategy: Strategy
) -> None:
    merged, swapped = _merge(base, ours, theirs, strategy), _merge(base, theirs, ours, MIRRORED[strategy])
    assert merged.body == swapped.body
    assert merged.conflicts == tuple(each.mirrored for each in swapped.conflicts)


@given(versions, versions, versions)
def test_a_strategy_changes_nothing_where_there_is_no_conflict(
    base: bytes | None, ours: bytes | None, theirs: bytes | None
) -> None:
    results = {strategy: _merge(base, ours, theirs, strategy) for strategy in Strategy}
    assert len({each.conflicts for each in results.values()}) == 1
    if not results[Strategy.MANUAL].conflicts:
        assert len({each.body for each in results.values()}) == 1


@given(boxes, boxes, boxes, st.sets(st.sampled_from(["label", "flag", "tags", "list", "notes", "part", "parts"])))
def test_disjoint_changes_agree_in_either_order(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any], first_has: set[str]
) -> None:
    def edited(by: dict[str, Any], names: set[str]) -> bytes:
        kept = {key: value for key, value in base.items() if key not in names}
        return encode(kept | {key: value for key, value in by.items() if key in names})

    rest = {"label", "flag", "tags", "list", "notes", "part", "parts"} - first_has
    ours, theirs, before = edited(one, first_has), edited(other, rest), encode(base)
    both = encode({**{key: value for key, value in one.items() if key not in rest}, **_only(other, rest)})
    assert _merge(before, ours, theirs) == _merge(before, theirs, ours) == MergedDocument(both, ())


def _only(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key in names}


def test_sets_merge_by_element() -> None:
    base, ours, theirs = _box(tags=["a", "b"]), _box(tags=["b", "c"]), _box(tags=["a", "b", "d"])
    assert _members(_merge(base, ours, theirs)) == {"tags": ["b", "c", "d"]}
    assert _members(_merge(base, _box(), _box(tags=["a"]))) == {}


def test_parts_of_a_set_merge_by_their_ids() -> None:
    base = _box(parts=[_part("a", 0), _part("b", 0)])
    ours, theirs = _box(parts=[_part("a", 1), _part("b", 0)]), _box(parts=[_part("a", 0), _part("c", 0)])
    assert _members(_merge(base, ours, theirs)) == {"parts": _set([_part("a", 1), _part("c", 0)])}
    clash = _merge(base, ours, _box(parts=[_part("b", 0)]))
    assert clash.conflicts == (ConflictingEdit(("parts", "Part/a"), Side.CHANGED, Side.DELETED),)
    assert clash.body == base


def test_lists_are_one_value_and_objects_merge_by_key() -> None:
    base, ours = (
        _box(list=["a"], notes={"x": 1, "y": {"z": [1]}}),
        _box(list=["a", "b"], notes={"x": 2, "y": {"z": [1]}}),
    )
    theirs = _box(list=["c", "a"], notes={"x": 1, "y": {"z": [1], "new": None}})
    merged = _merge(base, ours, theirs)
    assert merged.conflicts == (ConflictingEdit(("list",), Side.CHANGED, Side.CHANGED),)
    assert _members(merged) == {"list": ["a"], "notes": {"x": 2, "y": {"z": [1], "new": None}}}


def test_a_value_that_looks_like_another_one_is_an_edit() -> None:
    assert _members(_merge(_box(flag=1), _box(flag=True), _box(flag=1))) == {"flag": True}
    assert _merge(_box(flag=1), _box(flag=True), _box(flag=0)).conflicts


def test_another_part_in_the_same_place_is_not_merged_into_the_one_before() -> None:
    merged = _merge(_box(part=_part("a", 0)), _box(part=_part("b", 0)), _box(part=_part("a", 1)))
    assert merged.conflicts == (ConflictingEdit(("part",), Side.CHANGED, Side.CHANGED),)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [(Strategy.MANUAL, {"label": "a"}), (Strategy.OURS, {"label": "b"}), (Strategy.THEIRS, None)],
)
def test_an_edit_against_a_deletion_is_a_conflict(strategy: Strategy, expected: dict[str, Any] | None) -> None:
    merged = _merge(_box(label="a"), _box(label="b"), None, strategy)
    assert merged.conflicts == (ConflictingEdit((), Side.CHANGED, Side.DELETED),)
    assert merged.body == (None if expected is None else _box(**expected))


def test_both_add_the_same_document() -> None:
    assert _members(_merge(None, _box(label="a"), _box(tags=["t"]))) == {"label": "a", "tags": ["t"]}
    clash = _merge(None, _box(label="a"), _box(label="b"))
    assert clash.conflicts == (ConflictingEdit(("label",), Side.ADDED, Side.ADDED),)
