import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.context import CallContext
from shared.context.headers import context_headers, read_headers
from shared.errors import InvalidInput, TooLarge
from shared.limits import Limits

LIMITS = Limits()
PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=50)


def raw(**headers: str | bytes) -> list[tuple[bytes, bytes]]:
    return [
        (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in headers.items()
    ]


def test_headers_become_attributes():
    headers = read_headers(
        raw(
            x_branch="dev/oms/main",
            x_author="alice@oms",
            x_commit_message="why",
            x_database="oms",
            idempotency_key="k1",
            x_request_id="r1",
            authorization="bearer abc",
            x_service_authorization="proof",
        ),
        LIMITS,
    )
    assert headers.attributes == {
        "branch": "dev/oms/main",
        "author": "alice@oms",
        "commit_message": "why",
        "database": "oms",
        "idempotency_key": "k1",
        "request_id": "r1",
    }
    assert (headers.bearer_token, headers.service_proof) == ("abc", "proof")


def test_tokens_are_not_shown():
    shown = repr(read_headers(raw(authorization="Bearer geheim", x_service_authorization="geheim"), LIMITS))
    assert "geheim" not in shown


@pytest.mark.parametrize("value", ["Basic YTpi", "abc", "", "Token abc"])
def test_another_scheme_carries_no_token(value):
    assert read_headers(raw(authorization=value), LIMITS).bearer_token == ""


def test_what_is_not_listed_is_dropped():
    assert read_headers(raw(x_secret="s", cookie="c" * 20_000, x_author_id="7"), LIMITS).attributes == {}


@given(author=PRINTABLE, branch=PRINTABLE, message=st.text(st.characters(codec="utf-8"), max_size=200))
def test_every_text_reaches_the_peer_as_it_is(author, branch, message):
    message = "".join(c for c in message if c.isprintable() or c in "\n\t")
    context = CallContext(author=author, branch=branch, commit_message=message, request_id="r", bearer_token="t")
    headers = read_headers(raw(**context_headers(context)), LIMITS)
    assert replace(CallContext(**headers.attributes), bearer_token=headers.bearer_token) == context


TEXT = st.text(st.characters(codec="utf-8"), max_size=50)


@given(context=st.builds(CallContext, author=PRINTABLE, branch=PRINTABLE, commit_message=TEXT))
def test_headers_are_printable_ascii(context):
    assert all(value.isascii() and value.isprintable() for value in context_headers(context).values())


def test_a_lone_surrogate_is_refused():
    with pytest.raises(InvalidInput, match="lone surrogate"):
        context_headers(CallContext(commit_message="a\ud800"))


def test_a_key_that_a_header_cannot_carry_is_refused():
    with pytest.raises(InvalidInput) as caught:
        context_headers(CallContext(idempotency_key="a\nb"))
    assert caught.value.field == "idempotency-key"


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (raw(x_branch=b"\xff"), "x-branch"),
        (raw(x_branch="a\tb"), "x-branch"),
        (raw(x_branch="a\u202eb"), "x-branch"),
        (raw(x_branch="a") + raw(x_branch="b"), "x-branch"),
        (raw(authorization="Bearer a") + raw(authorization="Bearer b"), "authorization"),
        (raw(x_branch="a", x_branch_bin=base64.b64encode(b"b")), "x-branch"),
        (raw(x_branch_bin="%%"), "x-branch-bin"),
        (raw(x_commit_message="m" * 4097), "x-commit-message"),
        (raw(idempotency_key="k" * 257), "idempotency-key"),
        (raw(x_branch="b" * 1025), "x-branch"),
    ],
)
def test_what_is_out_of_form_is_named(headers, field):
    with pytest.raises(InvalidInput) as caught:
        read_headers(headers, LIMITS)
    assert caught.value.field == field


def test_the_same_text_may_come_in_both_forms():
    headers = read_headers(raw(x_branch="a", x_branch_bin=base64.b64encode(b"a")), LIMITS)
    assert headers.attributes == {"branch": "a"}


def test_headers_have_a_limit_together():
    with pytest.raises(TooLarge, match="metadata_bytes is 8192"):
        read_headers(raw(authorization="Bearer " + "a" * 8200), LIMITS)


@pytest.mark.parametrize("name", ["x_request_id", "idempotency_key", "x_database"])
def test_what_no_peer_could_be_told_is_refused_at_the_edge(name):
    with pytest.raises(InvalidInput) as caught:
        read_headers(raw(**{name: "ü"}), LIMITS)
    assert caught.value.field == name.replace("_", "-")
