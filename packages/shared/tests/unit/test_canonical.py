"""Exact JSON: what goes in comes out, and what is refused says where."""

import copy
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import MAX_DEPTH, MAX_DIGITS, JsonNumber, decode, encode, pointer
from shared.errors import InvalidInput

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
number_texts = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    st.integers(min_value=0, max_value=10**30),
    st.sampled_from(["", ".0", ".50", ".123456789012345678901234567890"]),
    st.sampled_from(["", "e0", "E+7", "e-300"]),
)
scalars = st.none() | st.booleans() | st.integers() | texts | number_texts.map(decode)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_is_encoded_is_decoded_to_the_same(value):
    again = decode(encode(value))
    assert again == value
    assert encode(again) == encode(value)


@given(number_texts)
def test_a_number_keeps_its_text(text):
    assert encode(decode(text)) == text.encode()


@given(st.dictionaries(texts, values, max_size=4), st.integers(min_value=0, max_value=3))
def test_the_order_of_members_is_no_matter(value, start):
    members = list(value.items())
    assert encode(dict(members[start:] + members[:start])) == encode(dict(reversed(members))) == encode(value)


@given(st.dictionaries(texts, st.none(), max_size=8))
def test_members_are_in_the_order_of_their_names_bytes(value):
    names = list(decode(encode(value)))
    assert names == sorted(value, key=lambda name: name.encode())


@pytest.mark.parametrize("text", ["1", "1.0", "1e0", "-0", "-0.0", "1E+2", "123456789012345678901234567890"])
def test_numbers_that_look_different_are_different(text):
    assert encode(decode(f'{{"n":{text}}}')) == f'{{"n":{text}}}'.encode()


def test_integers_are_int_and_other_numbers_are_exact_decimals():
    assert decode("[9007199254740993,3.14159265358979323846]") == [
        9007199254740993,
        JsonNumber("3.14159265358979323846"),
    ]
    assert isinstance(decode("-0"), JsonNumber)


def test_texts_come_as_they_are_and_without_spaces_around():
    assert encode(decode(b' { "\\u00e9" : [ "\\ud83e\\udded" , "e\xcc\x81" ] } ')) == '{"é":["🧭","e\u0301"]}'.encode()


REFUSED = [
    ('{"a":[1,{"b":1,"b":2}]}', "body/a/1/b", "same name"),
    ('{"a":{"x":1,"y":[],"x":1}}', "body/a/x", "same name"),
    ("[NaN]", "body/0", "NaN"),
    ('{"a":[0,-Infinity]}', "body/a/1", "infinities"),
    ('{"a/b":["\\ud800"]}', "body/a~1b/0", "surrogate"),
    ('{"a":{"\\uDC00":1}}', "body/a", "surrogate"),
    ('["\ud800"]', "body/0", "surrogate"),
    ("[0," + "1" * (MAX_DIGITS + 1) + "]", "body/1", "digits"),
    ("[0.5,-" + "1" * (MAX_DIGITS + 1) + "]", "body/1", "digits"),
    ("[0." + "1" * MAX_DIGITS + "]", "body/0", "digits"),
    ("[1e99999999999999999999]", "body/0", "exponent"),
    ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "body" + "/0" * MAX_DEPTH, "nested"),
    ('{"a":' * 5000 + "1" + "}" * 5000, "body" + "/a" * MAX_DEPTH, "nested"),
    ('{"a":[1,]}', "body/a/1", "no JSON value"),
    ('{"a":1,}', "body", "name"),
    ('{"a" 1}', "body/a", "colon"),
    ('{"a":[1 2]}', "body/a", "comma"),
    ('{"a":"\\x"}', "body/a", "malformed"),
    ('["tab\there"]', "body/0", "malformed"),
    ("[01]", "body", "comma"),
    ("[1.]", "body", "comma"),
    ("1 2", "body", "after the value"),
    ("", "body", "no JSON value"),
    ("\ufeff1", "body", "no JSON value"),
    ('{"a":tru}', "body/a", "no JSON value"),
]


@pytest.mark.parametrize(("text", "place", "why"), REFUSED, ids=range(len(REFUSED)))
def test_every_refusal_says_where_and_why(text, place, why):
    with pytest.raises(InvalidInput) as caught:
        decode(text)
    assert caught.value.field == place
    assert why in caught.value.detail


def test_bytes_that_are_not_utf8_are_refused():
    with pytest.raises(InvalidInput, match="documents: byte 1 is not UTF-8") as caught:
        decode(b'"\xff"', field="documents")
    assert caught.value.field == "documents"


def test_the_limits_themselves_are_allowed():
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert encode(decode(deep)) == deep.encode()
    wide = "[" + ",".join(["{}"] * 1000) + "]"
    assert encode(decode(wide)) == wide.encode()
    long = "-" + "9" * MAX_DIGITS
    assert encode(decode(long)) == long.encode()


def test_a_long_pointer_is_cut():
    assert len(pointer(["x" * 5000])) < 400


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, [-math.inf], "\ud800", {"\ud800": 1}, [JsonNumber("1.5"), "\ud800"]]
)
def test_what_json_cannot_carry_is_not_encoded(value):
    with pytest.raises(InvalidInput):
        encode(value)


def test_values_that_lie_too_deep_are_not_encoded():
    value = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(InvalidInput):
        encode(value)


def test_what_is_no_json_is_a_type_error():
    with pytest.raises(TypeError):
        encode({"a": object()})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_finite_float_is_written_by_its_shortest_digits(value):
    assert float(encode(value)) == value


@given(st.lists(texts.map(lambda text: text + '"\\ud800"') | number_texts.map(JsonNumber), max_size=8))
def test_texts_that_look_like_numbers_in_waiting_stay_texts(value):
    assert decode(encode(value)) == value


def test_a_number_survives_copies():
    number = JsonNumber("1.50")
    for twin in (copy.copy(number), copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert encode(twin) == b"1.50"
    assert repr(number) == "JsonNumber('1.50')"
