"""Page tokens."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.application.pagination import Listing, Place, read_token, write_token
from shared.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
LISTING = Listing("alice@oms", ["documents", "oms", "Movie"])


@given(TEXT, TEXT, TEXT, st.lists(TEXT, max_size=4))
def test_a_token_names_its_place(commit: str, key: str, actor: str, query: list[str]) -> None:
    place, listing = Place(commit, key), Listing(actor, query)
    assert read_token(write_token(place, listing), listing) == place


@pytest.mark.parametrize(
    "other",
    [Listing("bob@oms", LISTING.query), Listing(LISTING.actor, ["documents", "oms", ""]), Listing("alice@oms", [])],
)
def test_a_token_belongs_to_its_query_and_caller(other: Listing) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_token(write_token(Place("c", "k"), LISTING), other)
    assert refused.value.field == "page_token"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_damaged_token_is_refused(position: int, difference: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(write_token(Place("c" * 31, "Movie/Ä"), LISTING)))
    raw[position % len(raw)] ^= difference
    with pytest.raises(InvalidInput):
        read_token(base64.urlsafe_b64encode(raw).decode(), LISTING)


@pytest.mark.parametrize("token", ["x", "ä", "=" * 8, "WzFd", "W10=", "bnVsbA==", "W1tb" * 2000, "A" * 5000])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput):
        read_token(token, LISTING)


@pytest.mark.parametrize("place", [Place("\ud800", ""), Place("", "Movie/\udfff")])
def test_a_token_with_a_lone_surrogate_is_none_even_with_its_digest(place: Place) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_token(write_token(place, LISTING), LISTING)
    assert caught.value.field == "page_token"
