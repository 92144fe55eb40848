from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.encoding import commit_ids, commit_records
from data_kernel.domain.commits import Attribution

ALICE = Attribution("alice@oms", "alice@oms", "message", "POST", "/movies", "oms", "trace", "traceparent")
ROOTS = (b"i" * 32, b"s" * 32)
PARTS = {"time_us": 1, "roots": ROOTS, "parents": (b"p" * 20,), "branch": "main", "attribution": ALICE}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(
    st.integers(min_value=0, max_value=253_402_300_799_999_999),
    st.lists(st.binary(min_size=20, max_size=20), max_size=3),
    st.lists(TEXTS, min_size=8, max_size=8),
)
def test_a_record_is_read_as_it_was_written(time_us, parents, texts):
    branch, *said, trace_id = texts
    record = commit_records.encode(time_us, ROOTS, parents, branch, Attribution(*said, trace_id))
    found = commit_records.decode(record)
    assert found == commit_records.Record(time_us, *ROOTS, tuple(parents), tuple(texts))
    commit = commit_records.to_commit(b"c" * 20, record)
    assert (commit.branch, commit.author, commit.route, commit.trace_id) == (branch, said[0], said[4], trace_id)


@pytest.mark.parametrize(
    "other",
    [
        {"parents": ()},
        {"parents": (b"q" * 20,)},
        {"parents": (b"p" * 20, b"q" * 20)},
        {"branch": "copy"},
        {"time_us": 2},
        {"roots": (b"o" * 32, ROOTS[1])},
        {"roots": (ROOTS[0], b"o" * 32)},
        {"roots": ROOTS[::-1]},
    ],
)
def test_every_part_counts(other):
    assert id_of(PARTS) != id_of(PARTS | other)


@pytest.mark.parametrize("name", [field.name for field in fields(Attribution) if field.name != "traceparent"])
def test_every_field_of_the_attribution_counts(name):
    assert id_of(PARTS) != id_of(PARTS | {"attribution": replace(ALICE, **{name: "another"})})


def test_what_belongs_to_one_field_is_not_taken_for_the_next():
    moved = replace(ALICE, author="alice@omsa", actor="lice@oms")
    assert id_of(PARTS) != id_of(PARTS | {"attribution": moved})


def id_of(parts):
    return commit_ids.of_record(commit_records.encode(**parts))
