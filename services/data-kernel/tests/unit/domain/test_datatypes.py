"""Canonical forms of typed values, held to what TerminusDB answers."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.schema.model import DATATYPES
from data_kernel.domain.validation.datatypes import NORMALISERS
from data_kernel.domain.validation.mismatch import Mismatch
from shared.canonical import JsonNumber, decode, encode


def canonical(datatype, value):
    return encode(NORMALISERS[datatype](value)).decode()


TAKEN = [
    ("xsd:integer", "9007199254740993", "9007199254740993"),
    ("xsd:integer", "-10000000000000000000000000000000000000000", "-10000000000000000000000000000000000000000"),
    ("xsd:integer", '"+42"', "42"),
    ("xsd:integer", '"007"', "7"),
    ("xsd:integer", '"-0"', "0"),
    ("xsd:integer", "-0", "0"),
    ("xsd:integer", "1e3", "1000"),
    ("xsd:decimal", "8.0", "8"),
    ("xsd:decimal", "1.50", "1.5"),
    ("xsd:decimal", "1e3", "1000"),
    ("xsd:decimal", "-1e-18", "-0.000000000000000001"),
    ("xsd:decimal", "12345678901234567890.12345678901234567890", "12345678901234567890.1234567890123456789"),
    ("xsd:decimal", '".5"', "0.5"),
    ("xsd:decimal", '"+1.5"', "1.5"),
    ("xsd:decimal", '"1e2"', "100"),
    ("xsd:decimal", '"-0.0"', "0"),
    ("xsd:double", "0", "0.0"),
    ("xsd:double", "1.5e300", "1.5e+300"),
    ("xsd:double", "123456789.123456789", "123456789.12345679"),
    ("xsd:double", "9007199254740993", "9007199254740992.0"),
    ("xsd:double", '"1E-7"', "1e-7"),
    ("xsd:double", '"1e3"', "1000.0"),
    ("xsd:boolean", "true", "true"),
    ("xsd:boolean", '"false"', "false"),
    ("xsd:string", '" x "', '" x "'),
    ("xsd:string", "5", '"5"'),
    ("xsd:string", "2.50", '"2.50"'),
    ("xsd:dateTime", '"2026-11-20T12:34:56"', '"2026-11-20T12:34:56Z"'),
    ("xsd:dateTime", '"2026-11-20 12:34:56"', '"2026-11-20T12:34:56Z"'),
    ("xsd:dateTime", '"2026-11-20T12:34:56.5Z"', '"2026-11-20T12:34:56.500Z"'),
    ("xsd:dateTime", '"2026-11-20T12:34:56.1234Z"', '"2026-11-20T12:34:56.123400Z"'),
    ("xsd:dateTime", '"2026-11-20T12:34:56.123456789Z"', '"2026-11-20T12:34:56.123456789Z"'),
    ("xsd:dateTime", '"2026-11-20T12:34:56.000Z"', '"2026-11-20T12:34:56Z"'),
    ("xsd:dateTime", '"2026-11-20T24:00:00Z"', '"2026-11-21T00:00:00Z"'),
    ("xsd:dateTime", '"2026-11-20T12:34:56+02:00"', '"2026-11-20T10:34:56Z"'),
    ("xsd:dateTime", '"12026-12-31T23:59:59-01:00"', '"12027-01-01T00:59:59Z"'),
    ("xsd:dateTime", '"0000-01-01T00:00:00+01:00"', '"-0001-12-31T23:00:00Z"'),
    ("xsd:base64Binary", '"aGVsbG8="', '"aGVsbG8="'),
    ("xsd:base64Binary", '""', '""'),
]


@pytest.mark.parametrize(("datatype", "text", "expected"), TAKEN)
def test_a_value_takes_its_canonical_form(datatype, text, expected):
    assert canonical(datatype, decode(text)) == expected


REFUSED = [
    ("xsd:integer", ["1.5", '"x"', "true", '""', '"1.0"', '" 4"', "[]", "{}", "null", "1e1001", '"1e3"']),
    ("xsd:decimal", ['"x"', "true", '""', '"1,5"', '"5."', '"NaN"', "1e1000", "1e-1000", "[1]", "null"]),
    ("xsd:decimal", [f'"{"1" * 1001}"', '"1e99999999999999999999"']),
    ("xsd:double", ['"x"', '"NaN"', '"INF"', '"-INF"', "1.8e308", "1" + "0" * 400, "true", "{}", "null"]),
    ("xsd:boolean", ['"maybe"', "1", "0", '"TRUE"', "[]", "{}", "null", '""']),
    ("xsd:string", ["true", "[]", "{}", "null"]),
    ("xsd:dateTime", ['"yesterday"', '"2026-11-20"', '"2026-02-30T00:00:00Z"', '"2026-13-01T00:00:00Z"', "5", "null"]),
    ("xsd:dateTime", ['"2026-01-01T25:00:00Z"', '"2026-01-01T00:00:60Z"', '"2026-01-01T24:00:00.5Z"']),
    ("xsd:dateTime", ['"2026-01-01T00:00:00+15:00"', '"2026-01-01T00:00:00+00:60"', '"026-01-01T00:00:00Z"']),
    ("xsd:base64Binary", ['"aGVsbG8"', '"***"', '"aGVs bG8="', '"é"', "7", "null"]),
]


@pytest.mark.parametrize(("datatype", "text"), [(datatype, text) for datatype, texts in REFUSED for text in texts])
def test_a_value_of_another_type_is_refused(datatype, text):
    with pytest.raises(Mismatch):
        NORMALISERS[datatype](decode(text))


ANY_TEXT = {f"xsd:{name}" for name in ("string", "anySimpleType", "anyURI", "normalizedString", "token")}


@pytest.mark.parametrize("datatype", sorted(DATATYPES - ANY_TEXT))
def test_the_refused_value_is_not_shown(datatype):
    with pytest.raises(Mismatch) as caught:
        NORMALISERS[datatype]("secret value")
    assert "secret" not in caught.value.message


def test_every_datatype_of_the_class_language_has_its_form():
    assert NORMALISERS.keys() == DATATYPES


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40))
def test_decimals_keep_their_value_and_have_one_form(number):
    text = canonical("xsd:decimal", JsonNumber(str(number)))
    assert Decimal(text) == number
    assert canonical("xsd:decimal", decode(text)) == text
    assert canonical("xsd:decimal", JsonNumber(f"{number:e}")) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_keep_their_value_and_have_one_form(number):
    text = canonical("xsd:double", number)
    assert float(text) == number
    assert canonical("xsd:double", decode(text)) == text
    assert isinstance(decode(text), JsonNumber)


@given(
    st.integers(min_value=-60_000_000_000_000_000, max_value=250_000_000_000_000_000),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_moments_are_the_same_moment_in_utc(microseconds, offset_minutes):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    sign = "-" if offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(offset_minutes), 60)
    text = f"{moment.replace(tzinfo=None).isoformat()}{sign}{hours:02}:{minutes:02}"
    answered = NORMALISERS["xsd:dateTime"](text)
    assert datetime.fromisoformat(answered) == moment - timedelta(minutes=offset_minutes)
    assert NORMALISERS["xsd:dateTime"](answered) == answered


@given(st.binary(max_size=40))
def test_base64_of_any_bytes_is_kept(data):
    text = base64.b64encode(data).decode()
    assert NORMALISERS["xsd:base64Binary"](text) == text
