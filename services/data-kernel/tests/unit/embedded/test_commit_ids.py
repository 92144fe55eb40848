from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.commit_ids import _base36, commit_id, digest_of
from data_kernel.domain.commits import Attribution
from data_kernel.domain.documents import Change, Graph

ALICE = Attribution("alice@oms", "alice@oms", "message", "POST", "/movies", "oms", "trace", "traceparent")
CHANGE = Change(Graph.INSTANCE, "Movie/1", "Movie", None, b"1")
RECORD = {"parents": ("p" * 31,), "branch": "main", "attribution": ALICE, "time_us": 1, "changes": (CHANGE,)}


def test_an_id_is_31_digits_of_base_36():
    found = commit_id(**RECORD)
    assert len(found) == 31
    assert set(found) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert found == commit_id(**RECORD)


@given(st.integers(min_value=0, max_value=2**160 - 1))
def test_base_36_keeps_every_number(number):
    found = _base36(number)
    assert len(found) == 31
    assert int(found, 36) == number


@pytest.mark.parametrize(
    "other",
    [
        {"parents": ()},
        {"parents": ("q" * 31,)},
        {"branch": "copy"},
        {"time_us": 2},
        {"changes": ()},
        {"changes": (replace(CHANGE, after=b"2"),)},
    ],
)
def test_every_part_of_the_record_counts(other):
    assert commit_id(**RECORD) != commit_id(**(RECORD | other))


@pytest.mark.parametrize("name", [field.name for field in fields(Attribution) if field.name != "traceparent"])
def test_every_field_of_the_attribution_counts(name):
    assert commit_id(**RECORD) != commit_id(**(RECORD | {"attribution": replace(ALICE, **{name: "another"})}))


@pytest.mark.parametrize(
    "other",
    [
        replace(CHANGE, graph=Graph.SCHEMA),
        replace(CHANGE, id="Movie/2"),
        replace(CHANGE, type="Film"),
        replace(CHANGE, after=None),
        replace(CHANGE, id="Movie/1Movie", type=""),
    ],
)
def test_every_part_of_a_change_counts(other):
    assert digest_of([CHANGE]) != digest_of([other])


def test_the_order_of_changes_does_not_count():
    other = replace(CHANGE, id="Actor/1")
    assert digest_of([CHANGE, other]) == digest_of([other, CHANGE])
