"""A difference leads from one value to the other, and never over something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.comparing import (
    Conflicting,
    DifferentKey,
    NoPatch,
    Style,
    difference,
    document_difference,
    patched,
    patched_document,
    remaining,
    subject_of,
)
from shared.canonical import Json, JsonNumber, encode

Object = dict[str, Json]
NUMBERS = st.integers(-3, 3) | st.sampled_from([JsonNumber("1.0"), JsonNumber("1e0"), JsonNumber("0.1")])
SCALARS = st.none() | st.booleans() | NUMBERS | st.sampled_from(["", "1", "a", "가"])
NAMES = st.sampled_from(["a", "b", "c", "@id", "@type"])
PRESENT = SCALARS.filter(lambda value: value is not None)
VALUES = st.recursive(
    PRESENT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=3)
PLAIN = Style(keep={})


def without_absent(value: Json) -> Json:
    """The value without members that are `null`, which is how a patch says that they are gone."""
    if isinstance(value, dict):
        return {name: without_absent(each) for name, each in value.items() if each is not None}
    return [without_absent(each) for each in value] if isinstance(value, list) else value


@given(DOCUMENTS, DOCUMENTS, st.booleans())
def test_a_patch_by_the_difference_gives_the_other_value(before: Json, after: Json, shows_values: bool) -> None:
    patch = difference(before, after, Style(keep={}, shows_values=shows_values))
    assert encode(without_absent(patched(before, patch))) == encode(after)


@given(DOCUMENTS)
def test_the_difference_of_equal_values_is_empty(value: Json) -> None:
    assert difference(value, value, PLAIN) == {}
    assert encode(patched(value, {})) == encode(value)


def conflicts_of(value: Json, patch: Json) -> Json:
    """What stands in the way of the patch; `None` where nothing does."""
    try:
        patched(value, patch)
    except Conflicting as found:
        return found.conflicts
    return None


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_a_patch_of_something_else_is_refused_or_changes_only_what_it_names(
    before: dict[str, Json], after: dict[str, Json], other: dict[str, Json]
) -> None:
    patch = difference(before, after, PLAIN)
    assert isinstance(patch, dict)
    conflicts = conflicts_of(other, patch)
    if conflicts is not None:
        assert b'"Conflict"' in encode(conflicts)
        return
    result = patched(other, patch)
    assert isinstance(result, dict)
    for name in {*other} - {*patch}:
        assert encode(result[name]) == encode(other[name])


def test_numbers_are_told_apart_by_their_text() -> None:
    patch = difference({"a": 1}, {"a": JsonNumber("1.0")}, PLAIN)
    assert patch == {"a": {"@op": "SwapValue", "@before": 1, "@after": JsonNumber("1.0")}}
    assert difference({"a": 1}, {"a": True}, PLAIN) != {}


def test_a_list_is_told_by_what_changed_in_it() -> None:
    before: list[Json] = [1, 2, 3, 4]
    assert difference({"a": before}, {"a": [1, 4]}, PLAIN) == {
        "a": {
            "@op": "CopyList",
            "@to": 1,
            "@rest": {"@op": "SwapList", "@before": [2, 3], "@after": [], "@rest": {"@op": "KeepList"}},
        }
    }


def test_what_is_kept_is_shown_and_must_be_the_same() -> None:
    keep: dict[str, Json] = {"name": True, "place": {"city": True}}
    one: dict[str, Json] = {"name": "n", "place": {"city": "c", "zip": 1}, "age": 1}
    assert difference(one, {**one, "age": 2}, Style(keep=keep)) == {
        "name": "n",
        "place": {"city": "c"},
        "age": {"@op": "SwapValue", "@before": 1, "@after": 2},
    }
    with pytest.raises(DifferentKey) as different:
        difference(one, {**one, "name": "m"}, Style(keep=keep))
    assert different.value.key == "name"


def test_every_conflict_is_told_in_its_place() -> None:
    swap: Json = {"@op": "SwapList", "@before": [2], "@after": [], "@rest": {"@op": "KeepList"}}
    patch: Json = {
        "a": {"@op": "SwapValue", "@before": 1, "@after": 2},
        "b": {"c": {"@op": "SwapValue", "@before": None, "@after": 2}},
        "d": {"@op": "CopyList", "@to": 1, "@rest": swap},
    }
    with pytest.raises(Conflicting) as found:
        patched({"a": 9, "b": {"c": 7}, "d": [1, 5, 6]}, patch)
    assert found.value.conflicts == {
        "a": {"@op": "Conflict", "@expected": 1, "@found": 9},
        "b": {"c": {"@op": "Conflict", "@expected": None, "@found": 7}},
        "d": [None, {"@op": "Conflict", "@expected": 2, "@found": 5}, None],
    }


@pytest.mark.parametrize(
    "patch",
    [
        {"@op": "Explode"},
        {"@op": "SwapValue", "@before": []},
        {"@op": "CopyList", "@to": -1, "@rest": {"@op": "KeepList"}},
        {"@op": "CopyList", "@to": True, "@rest": {"@op": "KeepList"}},
        {"@op": "SwapList", "@before": 1, "@after": [], "@rest": {"@op": "KeepList"}},
        {"@op": "CopyList", "@to": 0, "@rest": {"@op": "SwapValue"}},
        {"@op": "CopyList", "@to": 0},
    ],
)
def test_a_patch_that_is_none_is_refused(patch: Json) -> None:
    with pytest.raises(NoPatch):
        patched([], patch)


def test_a_patch_that_goes_beyond_the_list_is_a_conflict() -> None:
    with pytest.raises(Conflicting):
        patched([1], {"@op": "CopyList", "@to": 5, "@rest": {"@op": "KeepList"}})


SWAP: Json = {"@op": "SwapValue", "@before": 1, "@after": 2}
SWAP_LIST: Json = {"@op": "SwapList", "@before": [2], "@after": [8, 9], "@rest": {"@op": "KeepList"}}


@pytest.mark.parametrize(
    ("value", "patch", "after"),
    [
        ({"a": 2}, {"a": SWAP}, {"a": 2}),
        ({"a": 1}, {"a": SWAP}, {"a": 2}),
        ([1, 8, 9, 3], {"@op": "CopyList", "@to": 1, "@rest": SWAP_LIST}, [1, 8, 9, 3]),
        ([1, 2, 3], {"@op": "CopyList", "@to": 1, "@rest": SWAP_LIST}, [1, 8, 9, 3]),
    ],
)
def test_what_is_as_it_is_to_be_may_be_accepted(value: Json, patch: Json, after: Json) -> None:
    assert patched(value, patch, accepts_final=True) == after
    if encode(value) == encode(after):
        with pytest.raises(Conflicting):
            patched(value, patch)


ANN: dict[str, Json] = {"@id": "Person/Ann", "@type": "Person", "age": 1}
OLDER: dict[str, Json] = {**ANN, "age": 2}


@pytest.mark.parametrize(("before", "after"), [(None, ANN), (ANN, None), (ANN, OLDER), (OLDER, ANN)])
def test_a_document_comes_goes_or_changes_by_its_difference(before: Object | None, after: Object | None) -> None:
    patch = document_difference(before, after, Style())
    assert isinstance(patch, dict)
    assert subject_of(patch) == "Person/Ann"
    assert patched_document(before, patch, accepts_final=False) == after
    assert patched_document(after, patch, accepts_final=True) == after
    with pytest.raises(Conflicting):
        patched_document(after, patch, accepts_final=False)


@pytest.mark.parametrize(
    ("document", "patch", "conflict"),
    [
        (ANN, {"@op": "Insert", "@insert": OLDER}, {"@op": "InsertConflict", "@id_already_exists": "Person/Ann"}),
        (ANN, {"@op": "Delete", "@delete": OLDER}, {"@op": "Conflict", "@expected": OLDER, "@found": ANN}),
        (None, {"@id": "Person/Ann", "age": SWAP}, {"@op": "Conflict", "@expected": "Person/Ann", "@found": None}),
    ],
)
def test_another_document_than_expected_is_a_conflict(document: Object | None, patch: Object, conflict: Json) -> None:
    with pytest.raises(Conflicting) as found:
        patched_document(document, patch, accepts_final=True)
    assert found.value.conflicts == conflict


def test_a_deletion_may_name_its_document_alone() -> None:
    assert patched_document(OLDER, {"@op": "Delete", "@delete": "Person/Ann"}, accepts_final=False) is None


@pytest.mark.parametrize("patch", [{}, {"@insert": 1}, {"@delete": {"age": 1}}, {"@id": ""}, {"@id": 1}])
def test_a_difference_of_no_document_is_none(patch: Object) -> None:
    with pytest.raises(NoPatch):
        subject_of(patch)


def test_what_is_as_it_is_to_be_needs_no_difference() -> None:
    before: Object = {"@id": "a", "tags": [], "year": 1, "at": {"list": [], "name": "x"}}
    final: Object = {"@id": "a", "tags": [1], "year": 2, "at": {"list": [1], "name": "y"}}
    patch = document_difference(before, final, Style())
    assert isinstance(patch, dict)
    assert remaining(final, final, patch) == {}
    halfway: Object = {**before, "tags": [1], "at": {"list": [1], "name": "x"}}
    rest = remaining(halfway, final, patch)
    assert (rest.keys(), rest["at"]) == ({"year", "at"}, {"name": {"@op": "SwapValue", "@before": "x", "@after": "y"}})
    assert patched_document(halfway, rest, accepts_final=True) == final
