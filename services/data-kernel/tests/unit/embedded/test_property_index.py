"""Entries of indexes, and which indexes are kept in memory."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.documents import property_index
from data_kernel.adapters.embedded.documents.kept_indexes import KeptIndexes
from data_kernel.adapters.embedded.documents.property_index import Index, IndexedProperty, Origin
from data_kernel.adapters.embedded.tree import Tree
from data_kernel.application.ports import ValueQuery
from data_kernel.domain.equality import comparable
from shared.canonical import JsonNumber, encode

KEY = bytes(range(16))
NOTATIONS = ("1", "1.0", "10e-1", "0.1E+1", "1.000000000000000000000000000000000000000")
NUMBERS = st.integers().map(lambda number: JsonNumber(str(number))) | st.decimals(
    allow_nan=False, allow_infinity=False
).map(lambda number: JsonNumber(str(number)))
VALUES = st.integers() | NUMBERS | st.booleans() | st.text()


def digest(value):
    return property_index.digest(KEY, comparable(value))


class NoNodes:
    """Where the nodes of unsaved trees are."""

    def load(self, position):
        raise AssertionError(f"nothing is saved at {position}")


def index(*entries, generation=0):
    return property_index.build("commit", entries, Tree.empty(NoNodes()), Origin(KEY, generation, 0))


def test_a_number_has_one_digest_in_every_notation():
    assert {digest(JsonNumber(text)) for text in NOTATIONS} | {digest(1)} == {digest(1)}
    assert digest(0) == digest(JsonNumber("-0.00")) == digest(JsonNumber("0e5"))
    assert digest(10**999) == digest(JsonNumber("1e999"))
    assert digest(JsonNumber("-1")) == digest(-1)


def test_what_is_not_equal_has_other_digests():
    values = [1, "1", True, "True", "bool True", "1e0", -1, 10, JsonNumber("0.1"), 0, False, ""]
    values += [10**30 + 1, JsonNumber("1e30")]
    assert len({digest(value) for value in values}) == len(values)


@given(VALUES, VALUES)
def test_digests_are_equal_as_the_values_are(one, other):
    assert (digest(one) == digest(other)) == (comparable(one) == comparable(other))


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(-30, 30))
def test_a_shifted_point_changes_nothing(number, places):
    sign, digits, exponent = number.as_tuple()
    shifted = Decimal((sign, digits + (0,) * abs(places), exponent - abs(places)))
    assert digest(JsonNumber(str(number))) == digest(JsonNumber(str(shifted)))


def test_digests_stay_what_they_are():
    """They are in files: another digest would be another format."""
    values = [1979, JsonNumber("-0.25"), True, "Alien"]
    assert [digest(value).hex() for value in values] == [
        "071fe44dc6acf000",
        "3b9b50774a3901a3",
        "67d56e4d401d3d86",
        "b1f658ee2c605c21",
    ]


def test_without_its_key_an_entry_is_another():
    assert property_index.digest(bytes(16), comparable("Alien")) != digest("Alien")


@pytest.mark.parametrize("value", ["Alien", 7, JsonNumber("7.50"), False])
def test_what_is_entered_is_found(value):
    body = encode({"tags": [value, "other"]})
    entries = list(property_index.entries_of(KEY, "Movie/1", body, "tags"))
    assert [property_index.read_entry(entry) for entry in entries] == [
        (digest(value), "Movie/1"),
        (digest("other"), "Movie/1"),
    ]
    found = property_index.ids(index(*entries), ValueQuery("Movie", "tags", value), None)
    assert list(found) == ["Movie/1"]


def test_the_index_used_least_goes_first():
    kept = KeptIndexes(max_entries=4)
    properties = [IndexedProperty("oms", "Movie", name) for name in ("a", "b", "c")]
    for each in properties:
        kept.keep(each, index(b"1", b"2"))
    assert [kept.get(each) is not None for each in properties] == [False, True, True]


def test_an_index_begun_before_everything_was_forgotten_is_not_kept():
    kept, of = KeptIndexes(), IndexedProperty("oms", "Movie", "a")
    begun: Index = index(b"1", generation=kept.generation)
    kept.clear()
    kept.keep(of, begun)
    assert kept.get(of) is None
