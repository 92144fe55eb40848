import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.events import envelope, routing

ATTRIBUTES = {"id": "1", "source": "urn:oms:dev:data-kernel", "type": "io.oms.commit.v1"}
KEYS = st.text(st.characters(exclude_categories=["Cs"]))


@given(KEYS)
def test_a_partition_is_one_token_of_safe_characters(key):
    token = routing.partition_token(key)

    assert re.fullmatch(r"[A-Za-z0-9=_-]+", token)
    assert len(token) <= 3 * routing.MAX_ESCAPED_KEY_BYTES


@given(KEYS)
def test_escaping_is_reversible_up_to_its_bound(key):
    back = routing.partition_key_of_token(routing.partition_token(key))

    assert back == (key if len(key.encode()) <= routing.MAX_ESCAPED_KEY_BYTES else None)


@given(KEYS, KEYS)
def test_different_keys_have_different_tokens(one, other):
    assert (routing.partition_token(one) == routing.partition_token(other)) == (one == other)


def test_a_long_key_becomes_a_hash_that_no_escaped_key_is():
    token = routing.partition_token("x" * 257)

    assert token.startswith("=h")
    assert token != routing.partition_token("x" * 258)


@pytest.mark.parametrize("token", ["a.b", "=", "=2", "=2e", "=41", "=FF", "", "a b", "*"])
def test_a_token_that_was_never_made_is_refused(token):
    if token == "=":
        assert routing.partition_key_of_token(token) == ""
        return
    with pytest.raises(InvalidInput):
        routing.partition_key_of_token(token)


def test_a_route_is_a_function_of_type_partition_source_and_id():
    event = envelope.build(ATTRIBUTES | {"partitionkey": "oms/dev/oms/main"})

    target = routing.route(event)

    assert target.stream == "OMS_EVENTS"
    assert target.subject == "oms.io.oms.commit.v1.oms=2Fdev=2Foms=2Fmain"
    assert target.message_id == "893374ea7b269ca4910fe74b50e7e5e9c7137c75d7a377d8a956b6a214f060ce"
    assert routing.message_id("a", "b") != routing.message_id("ab", "")


def test_an_event_without_a_partition_is_in_that_of_the_empty_key():
    assert routing.route(envelope.build(ATTRIBUTES)).subject == "oms.io.oms.commit.v1.="


@pytest.mark.parametrize(
    ("types", "key", "filters"),
    [
        ([], "", ["oms.>"]),
        (["io.oms.commit.v1"], "", ["oms.io.oms.commit.v1.*"]),
        (["io.oms.commit.v1"], "a b", ["oms.io.oms.commit.v1.a=20b"]),
        (["io.oms.*", "io.oms.commit.v1", "io.oms.document.*"], "", ["oms.io.oms.>"]),
        (["io.oms.document.*", "org.x"], "k", ["oms.io.oms.document.>", "oms.org.x.k"]),
        (["a.*", "a"], "", ["oms.a.>"]),
        (["b", "b"], "", ["oms.b.*"]),
    ],
)
def test_filters_let_through_what_is_asked_for_and_do_not_overlap(types, key, filters):
    assert routing.subject_filters(types, key) == filters


@pytest.mark.parametrize("name", ["*", "io.*.x", "io.>", "Io.x", "", "io..x", "io.oms.commit.v1\n", "x" * 257])
def test_a_filter_that_is_no_type_is_refused(name):
    with pytest.raises(InvalidInput):
        routing.subject_filters([name])


def test_what_filters_cannot_say_is_told_of_each_subject():
    subject = routing.route(envelope.build(ATTRIBUTES | {"partitionkey": "a"})).subject

    assert routing.accepts(subject)
    assert routing.accepts(subject, ["io.oms.*"], "a")
    assert routing.accepts(subject, ["io.oms.commit.v1"])
    assert not routing.accepts(subject, ["io.oms.*"], "b")
    assert not routing.accepts(subject, ["io.oms.commit.v1.*"])
    assert not routing.accepts(subject, ["io.oms.commit"])
