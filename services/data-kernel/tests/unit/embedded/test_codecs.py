"""What is written is read back as it was, and what is no such record is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.encoding import deltas, packing
from data_kernel.adapters.embedded.tree import Leaf
from data_kernel.domain.documents import StoredDocument

NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)
KEYS = st.binary(min_size=16, max_size=16)
LEAVES = st.none() | st.builds(Leaf, st.sampled_from([b"", b"d" * 32]), NUMBERS)
EDITS = st.dictionaries(st.binary(max_size=200), LEAVES, max_size=5).map(lambda edits: sorted(edits.items()))
DELTAS = st.tuples(EDITS, EDITS, EDITS, EDITS)


@given(st.lists(NUMBERS | st.binary(max_size=400)))
def test_numbers_and_strings_are_read_one_after_another(values):
    data = b"".join(packing.number(v) if isinstance(v, int) else packing.string(v) for v in values)
    at, found = 0, []
    for value in values:
        read = packing.read_number if isinstance(value, int) else packing.read_string
        item, at = read(data, at)
        found.append(item)
    assert found == values
    assert at == len(data)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_what_ends_too_early_is_an_error(value, data):
    packed = packing.string(value)
    cut = data.draw(st.integers(min_value=0, max_value=len(packed) - 1))
    with pytest.raises(IndexError):
        packing.read_string(packed[:cut], 0)


@given(DELTAS)
def test_a_delta_is_read_as_it_was_written(delta):
    assert deltas.decode(deltas.encode(delta)) == delta


@given(st.lists(DELTAS, max_size=4))
def test_deltas_combine_to_the_newest_edit_of_each_key(several):
    expected = [dict(edit for delta in several for edit in delta[place]) for place in range(4)]
    assert [list(edits) for edits in deltas.combine(several)] == [sorted(edits.items()) for edits in expected]


@given(KEYS, NAMES, st.binary(max_size=300), st.frozensets(NAMES.filter(bool), max_size=3))
def test_a_body_is_read_as_it_was_written(key, type_name, content, references):
    data = bodies.encode(key, type_name, content, references)
    assert bodies.decode(data) == bodies.Body(type_name, content, references)
    assert bodies.key_of(data) == key
    assert bodies.document("Movie/1", data) == StoredDocument("Movie/1", type_name, content)


@given(KEYS, NAMES, st.binary(min_size=1, max_size=300), st.frozensets(NAMES.filter(bool), max_size=3))
def test_a_tombstone_keeps_class_and_references_alone(key, type_name, content, references):
    stone = bodies.tombstone(bodies.encode(key, type_name, content, references), "certificate-7")
    assert bodies.decode(stone) == bodies.Body(type_name, b"certificate-7", references, is_tombstone=True)
    assert bodies.document("Movie/1", stone) is None
    assert bodies.digest(stone) is None
    assert bodies.key_of(stone) == bytes(16)


@given(KEYS, KEYS, NAMES, NAMES, st.binary(max_size=50), st.binary(max_size=50))
def test_the_digest_is_that_of_key_class_and_content(key, other_key, kind, other_kind, content, other_content):
    one = bodies.digest(bodies.encode(key, kind, content, frozenset()))
    other = bodies.digest(bodies.encode(other_key, other_kind, other_content, frozenset()))
    assert (one == other) == ((key, kind, content) == (other_key, other_kind, other_content))
    # Which documents it refers to follows from content and classes, and is an index.
    assert one == bodies.digest(bodies.encode(key, kind, content, frozenset({"Movie/2"})))


def test_an_attested_body_can_be_read_and_not_be_checked():
    data = bodies.attested(bodies.encode(b"k" * 16, "Movie", b"1", frozenset({"Movie/2"})))
    assert bodies.decode(data) == bodies.Body("Movie", b"1", frozenset({"Movie/2"}))
    assert bodies.digest(data) is None
    assert b"k" * 16 not in data
