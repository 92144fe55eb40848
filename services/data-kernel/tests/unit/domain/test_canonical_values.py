"""Every datatype: which texts are of it, and that equal values have one canonical text."""

import datetime as dt
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.schema.model import DATATYPES
from data_kernel.domain.validation.datatypes import NORMALISERS
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.numbers import INTEGER_BOUNDS
from shared.canonical import decode, encode


def canonical(datatype, value):
    return NORMALISERS[datatype](value)


TAKEN = [
    ("xsd:date", "2026-11-20", "2026-11-20"),
    ("xsd:date", "12026-01-01", "12026-01-01"),
    ("xsd:date", "2024-02-29Z", "2024-02-29"),
    ("xsd:date", "-0044-03-15", "-0044-03-15"),
    ("xsd:time", "12:34", "12:34:00Z"),
    ("xsd:time", "12:34:56.50", "12:34:56.500Z"),
    ("xsd:time", "01:00:00+02:00", "23:00:00Z"),
    ("xsd:dateTimeStamp", "2026-11-20T12:34:56+01:00", "2026-11-20T11:34:56Z"),
    ("xsd:gYear", "-0000", "0000"),
    ("xsd:gYear", "12026", "12026"),
    ("xsd:gMonth", "--11", "--11"),
    ("xsd:gDay", "---31", "---31"),
    ("xsd:gYearMonth", "2026-11", "2026-11"),
    ("xsd:gMonthDay", "--02-29", "--02-29"),
    ("xsd:duration", "P1Y2M3DT4H5M6S", "P1Y2M3DT4H5M6S"),
    ("xsd:duration", "-P013M0DT0H", "-P13M"),
    ("xsd:duration", "PT01.50S", "PT1.5S"),
    ("xsd:duration", "PT0.5S", "PT0.5S"),
    ("xsd:duration", "-P0Y", "PT0S"),
    ("xsd:yearMonthDuration", "P0M", "P0M"),
    ("xsd:dayTimeDuration", "PT36H", "PT36H"),
    ("xsd:hexBinary", "0fb7", "0fb7"),
    ("xsd:language", "ko-KR", "ko-KR"),
    ("xsd:NMTOKEN", "1-a.b:c", "1-a.b:c"),
    ("xsd:Name", "a:한", "a:한"),
    ("xsd:NCName", "a-b_c.d", "a-b_c.d"),
    ("xsd:anyURI", "not a uri", "not a uri"),
    ("xsd:token", " a  b", " a  b"),
    ("xsd:anySimpleType", 5, "5"),
    ("xdd:coordinate", "[ 1.50, 2 ]", "[1.5,2]"),
    ("xdd:coordinatePolygon", "[[1.0,2.0],[3,4]]", "[[1,2],[3,4]]"),
    ("xdd:dateRange", "[2020-01-01Z, 2021-01-01]", "[2020-01-01,2021-01-01]"),
    ("xdd:dateRange", "2020-01-01", "2020-01-01"),
    ("xdd:gYearRange", "[1990,2000]", "[1990,2000]"),
    ("xdd:integerRange", "[+1,05]", "[1,5]"),
    ("xdd:decimalRange", "[1.50,2.5]", "[1.5,2.5]"),
    ("xdd:email", "a@example.com", "a@example.com"),
    ("xdd:url", "http://example.com", "http://example.com"),
    ("xdd:json", '{"b": 1, "a": [2]}', '{"a":[2],"b":1}'),
    ("xdd:dateTimeInterval", "2025-01-01/P03M", "2025-01-01/P3M"),
    ("xdd:dateTimeInterval", "2025-01-01T10:30:00/2025-04-01Z", "2025-01-01T10:30:00Z/2025-04-01"),
]


@pytest.mark.parametrize(("datatype", "value", "expected"), TAKEN)
def test_a_value_has_a_canonical_form_that_is_its_own(datatype, value, expected):
    assert canonical(datatype, value) == expected
    assert canonical(datatype, expected) == expected


REFUSED = [
    *(("xsd:date", each) for each in ("20261120", "2026-02-30", "2026-13-01", "2026-11-20T00:00:00", "", "Z", 5)),
    *(("xsd:time", each) for each in ("25:00:00", "12", "12:34:56+15:00", "12:34:56+aa:bb", "x12:34", None)),
    *(("xsd:gYear", each) for each in ("now", "26", "012026", 2026)),
    *(("xsd:gMonth", each) for each in ("11", "--13", "--00", "--1")),
    *(("xsd:gDay", each) for each in ("20", "---32", "---00")),
    *(("xsd:gYearMonth", each) for each in ("2026", "2026-13")),
    *(("xsd:gMonthDay", each) for each in ("11-20", "--02-30", "--04-31")),
    *(("xsd:duration", each) for each in ("1 hour", "P", "PT", "P1YT", "P1H", "PT1.S", "P-1D", "", 1)),
    *(("xsd:yearMonthDuration", each) for each in ("P1D", "PT1S")),
    *(("xsd:dayTimeDuration", each) for each in ("P1Y", "P1M")),
    *(("xsd:hexBinary", each) for each in ("0FB7", "", "abc", "xyz", 1)),
    *(("xsd:language", each) for each in ("no such language!", "", "en-", "abcdefghi")),
    *(("xsd:NMTOKEN", each) for each in ("a b", "")),
    *(("xsd:Name", each) for each in ("1a", "-a", "a\n")),
    *(("xsd:NCName", each) for each in ("a:b", "1a")),
    *(("xsd:string", each) for each in (True, None, [], {})),
    *(("xsd:anyURI", each) for each in (5, True)),
    *(("xsd:float", each) for each in ("1e39", "NaN", "x")),
    *(
        ("xdd:coordinate", each)
        for each in ("here", "[1]", "[1,2,3]", '["1","2"]', "[true,1]", "[1e400000000,1]", [1, 2])
    ),
    *(("xdd:coordinatePolygon", each) for each in ("none", "[]", "[1,2]")),
    *(("xdd:dateRange", each) for each in ("x", "[2020-01-01]", "[2020-01-01,x]", 1)),
    *(("xdd:integerRange", each) for each in ("x", "[1,2.5]", 7)),
    *(("xdd:email", each) for each in ("nobody", "a@b", "a b@c.d", "a@b..c")),
    *(("xdd:url", each) for each in ("nothing", "http://", "http://a b")),
    *(("xdd:json", each) for each in ({"a": 1}, "{", '{"a":1,"a":2}')),
    *(("xdd:dateTimeInterval", each) for each in ("nonsense", "P1D/P2D", "2025-01-01", "2025-01-01/", "a/b/c")),
    ("xdd:html", "<b>x</b>"),
]


@pytest.mark.parametrize(("datatype", "value"), REFUSED)
def test_what_is_not_of_the_datatype_is_refused(datatype, value):
    with pytest.raises(Mismatch):
        canonical(datatype, value)


@pytest.mark.parametrize(("name", "bounds"), INTEGER_BOUNDS.items())
def test_a_bounded_integer_ends_at_its_bounds(name, bounds):
    least, greatest = bounds
    for bound, outwards in ((least, -1), (greatest, 1)):
        if bound is None:
            continue
        assert canonical(f"xsd:{name}", bound) == canonical(f"xsd:{name}", str(bound)) == bound
        with pytest.raises(Mismatch):
            canonical(f"xsd:{name}", bound + outwards)
    with pytest.raises(Mismatch):
        canonical(f"xsd:{name}", decode("1.5"))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_is_the_nearest_of_32_bits(number):
    read = canonical("xsd:float", decode(repr(number)))
    assert float(read.text) == number
    assert canonical("xsd:float", read) == read


@given(st.floats(min_value=-3e38, max_value=3e38))
def test_a_double_read_as_a_float_loses_digits_once(number):
    read = canonical("xsd:float", decode(repr(number)))
    assert float(read.text) == struct.unpack("f", struct.pack("f", number))[0]
    assert math.isfinite(float(read.text))


@given(st.times(), st.integers(-14 * 60, 14 * 60))
def test_the_same_moment_of_the_day_has_one_text(moment, offset_minutes):
    sign, offset = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
    local = dt.datetime.combine(dt.date(2000, 6, 15), moment) + dt.timedelta(minutes=offset_minutes)
    shifted = f"{local.time().isoformat('microseconds')}{sign}{offset // 60:02}:{offset % 60:02}"
    assert canonical("xsd:time", shifted) == canonical("xsd:time", moment.isoformat("microseconds") + "Z")


@given(st.dates(), st.dates())
def test_different_days_have_different_texts(one, other):
    texts = [canonical("xsd:date", each.isoformat()) for each in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)


components = st.tuples(*[st.integers(0, 99)] * 6)


@given(components, components, st.integers(0, 3))
def test_durations_of_other_components_have_other_texts(one, other, zeros):
    def written(parts, width):
        year, month, day, hour, minute, second = (str(each).rjust(width, "0") for each in parts)
        return f"P{year}Y{month}M{day}DT{hour}H{minute}M{second}S"

    texts = [canonical("xsd:duration", written(parts, width)) for parts, width in ((one, zeros), (other, 1))]
    assert (texts[0] == texts[1]) == (one == other)


texts = (
    st.text(st.sampled_from("0123456789-+:.TZPYMDHS/[],ae@ "), max_size=16) | st.integers() | st.booleans() | st.none()
)


@given(st.sampled_from(sorted(DATATYPES)), texts)
def test_whatever_is_taken_is_canonical_afterwards(datatype, value):
    try:
        once = canonical(datatype, value)
    except Mismatch:
        return
    assert encode(canonical(datatype, decode(encode(once)))) == encode(once)
