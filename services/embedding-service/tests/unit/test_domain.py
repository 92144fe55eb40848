"""Vectors as bytes, entries as documents, objects as texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_service.domain.collections import Entry, Place, StoredEntry, content_hash
from embedding_service.domain.documents import (
    cursor_document,
    document_id,
    entry_document,
    place_of,
    stored_entry,
)
from embedding_service.domain.searchable import searchable_properties, text_of
from embedding_service.domain.vectors import from_bytes, shortened, to_bytes, unit
from shared.canonical import decode, encode
from shared.errors import Internal, InvalidInput

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(st.lists(FLOATS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_vectors_travel_without_loss(rows):
    matrix = np.array(rows, np.float32)
    assert np.array_equal(from_bytes(to_bytes(matrix), 3), matrix)


def test_vectors_travel_little_endian():
    assert to_bytes(np.array([1.0], np.float32)) == b"\x00\x00\x80\x3f"


@pytest.mark.parametrize(("data", "dims"), [(b"\0" * 5, 1), (b"\0" * 8, 0), (b"\0\0\xc0\x7f", 1), (b"\0\0\x80\x7f", 1)])
def test_bytes_that_are_no_vectors_are_refused(data, dims):
    with pytest.raises(InvalidInput):
        from_bytes(data, dims)


def test_zero_has_no_direction():
    assert np.array_equal(unit(np.zeros((1, 2), np.float32)), np.zeros((1, 2)))
    assert shortened(np.eye(2, dtype=np.float32), 2).shape == (2, 2)


def test_an_entry_comes_back_from_its_document():
    vector = np.array([0.6, -0.8], np.float32)
    entry = Entry("objects", "Movie/a b", "Movie", vector, "m@1", content_hash("x"), "commit")
    document = decode(encode(entry_document(StoredEntry(entry))))

    assert document["@id"] == document_id("objects", "Movie/a b") == "Embedding/objects/Movie/a b"
    found = stored_entry(document)
    assert np.array_equal(found.entry.vector, vector)
    assert (found.entry.id, found.entry.source_commit, found.text) == ("Movie/a b", "commit", "")
    assert stored_entry(entry_document(StoredEntry(entry, "kept"))).text == "kept"


@pytest.mark.parametrize("spoil", [{"vector": "!"}, {"vector": ""}, {"dims": 3}, {"source_id": None}])
def test_a_document_of_another_form_is_told(spoil):
    entry = Entry("c", "a", "T", np.array([1.0, 0.0], np.float32), "m", "h")
    spoilt = {**entry_document(StoredEntry(entry)), **spoil}
    spoilt = {name: value for name, value in spoilt.items() if value is not None}
    for document in (spoilt, None):
        with pytest.raises((Internal, InvalidInput)):
            stored_entry(document)


def test_a_place_comes_back_from_its_document():
    place = Place(2, 7, "commit", "m@1")
    assert place_of(decode(encode(cursor_document(place)))) == place
    with pytest.raises(Internal):
        place_of({"incarnation": 1})
    with pytest.raises(Internal):
        place_of(None)


def notes(*properties):
    return {"@metadata": {"oms": {"properties": list(properties)}}}


def test_searchable_properties_come_in_the_order_of_the_class():
    classes = [
        {"@type": "@context", "@base": "x:"},
        {
            "@id": "Movie",
            **notes({"name": "b", "searchable": True}, {"name": "x"}, {"name": "a", "searchable": True}),
        },
        {"@id": "Person", **notes({"name": "a", "searchable": False})},
        {"@id": "Odd", "@metadata": {"oms": 1}},
        {"@id": "Bare"},
        "no object",
    ]
    assert searchable_properties(classes) == {"Movie": ("b", "a")}


def test_a_text_has_one_property_a_line():
    document = decode(
        b'{"s": "title", "n": 7, "d": 1.50, "t": true, "l": ["x", {"y": 1}, "z"], "o": {"k": 1}, "e": " ", "u": null}'
    )
    assert text_of(document, ("s", "e", "l", "o", "u", "d", "n", "t", "missing")) == "title\nx, z\n1.50\n7\ntrue"
    assert text_of(None, ("s",)) == ""
    assert len(text_of({"s": "x" * 50_000}, ("s",))) == 10_000
