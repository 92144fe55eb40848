"""Metadata carry a context over and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.context import CallContext
from shared.errors import InvalidInput, TooLarge, Unauthenticated
from shared.grpc.metadata import WHITELIST, check_size, merge_field, read_metadata, whitelisted, write_metadata

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


@given(texts, texts, texts, printable, printable, printable)
def test_a_context_survives(author: str, branch: str, message: str, database: str, request_id: str, key: str) -> None:
    sent = CallContext(
        author=author,
        branch=branch,
        commit_message=message,
        database=database,
        request_id=request_id,
        idempotency_key=key,
        trace_id="t",
        method="RPC",
        route="/r",
    )
    entries = write_metadata(sent, service_proof="proof" if key else "")
    assert set(entries) <= WHITELIST
    for name, value in entries.items():
        assert value.isascii() if isinstance(value, str) else name.endswith("-bin")
    got = read_metadata(entries.items(), route="/r", trace_id="t")
    assert got.context == sent
    assert got.service_proof == ("proof" if key else "")


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=5)), max_size=10, unique_by=lambda entry: entry[0]))
def test_nothing_off_the_whitelist_passes(entries: list[tuple[str, str]]) -> None:
    assert set(whitelisted(entries)) <= WHITELIST


def test_the_whitelist_is_the_contracts() -> None:
    assert sorted(WHITELIST) == [
        "author", "author-bin", "authorization", "branch", "branch-bin", "commit-msg", "commit-msg-bin",
        "idempotency-key", "model-version", "traceparent", "tracestate", "x-database", "x-request-id",
        "x-service-authorization",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "entries",
    [
        [("branch", "a"), ("branch-bin", b"b")],
        [("x-database", "a"), ("x-database", "b")],
        [("author", "ü")],
        [("commit-msg-bin", b"\xff")],
    ],
)
def test_what_contradicts_itself_or_is_not_text_is_refused(entries: list[tuple[str, str | bytes]]) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_metadata(entries, route="/r", trace_id="t")
    assert caught.value.field


@pytest.mark.parametrize("value", ["Basic abc", "Bearer", "Bearer a b", "abc"])
def test_only_bearer_tokens_are_taken(value: str) -> None:
    with pytest.raises(Unauthenticated):
        read_metadata([("authorization", value)], route="/r", trace_id="t")


def test_the_scheme_may_be_written_in_any_case() -> None:
    assert read_metadata([("authorization", "bearer abc")], route="", trace_id="").context.bearer_token == "abc"


def test_a_key_that_cannot_travel_is_refused_at_the_client() -> None:
    with pytest.raises(InvalidInput) as caught:
        write_metadata(CallContext(idempotency_key="a\nb"))
    assert caught.value.field == "idempotency-key"


def test_the_size_is_counted_as_http2_counts_it() -> None:
    check_size([("abcd", b"1234")], 40)
    with pytest.raises(TooLarge, match="41 bytes, the limit is 40"):
        check_size([("abcd", b"12345")], 40)


def test_field_and_metadata_may_both_be_set_only_if_equal() -> None:
    assert merge_field("branch", "a", "") == merge_field("branch", "", "a") == merge_field("branch", "a", "a") == "a"
    assert merge_field("branch", "", "") == ""
    with pytest.raises(InvalidInput) as caught:
        merge_field("branch", "a", "b")
    assert caught.value.field == "branch"
