"""The values of each datatype: what is taken for one, and its canonical form."""

import base64
import binascii
from collections.abc import Callable, Mapping
from types import MappingProxyType

from data_kernel.domain.validation.calendar import date, duration, part_of_date, time
from data_kernel.domain.validation.extended import coordinate, coordinates, interval, json_text, range_of
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.moments import date_time
from data_kernel.domain.validation.numbers import INTEGER_BOUNDS, decimal, double, integer, integer_within, single
from data_kernel.domain.validation.texts import (
    EMAIL,
    HEXADECIMAL,
    LANGUAGE,
    NAME,
    NAME_TOKEN,
    NAME_WITHOUT_COLON,
    URL,
    any_text,
    text_of_form,
)
from shared.canonical import Json, JsonNumber

Normalise = Callable[[Json], Json]
"""Brings a value to its canonical form; raises `Mismatch`."""


def string(value: Json) -> Json:
    """Text as it is; a number counts as its text, which is how TerminusDB takes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Mismatch("This is not a text.")


def boolean(value: Json) -> Json:
    """True or false, also as text; numbers are neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise Mismatch("This is neither true nor false.")


def base64_binary(value: Json) -> Json:
    """Bytes in base64 with its padding and nothing else."""
    if not isinstance(value, str):
        raise Mismatch("Bytes are a text in base64.")
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode("ascii")
    except (binascii.Error, ValueError):
        raise Mismatch("This is not base64.") from None


def no_value(_value: Json) -> Json:
    """TerminusDB knows this datatype, and refuses every value of it."""
    raise Mismatch("No value is of this datatype.")


_TEXTS: Mapping[str, Normalise] = {
    "xsd:string": string,
    "xsd:anySimpleType": string,
    "xsd:anyURI": any_text,
    "xsd:normalizedString": any_text,
    "xsd:token": any_text,
    "xsd:language": text_of_form(LANGUAGE, "a language as in ko-KR"),
    "xsd:NMTOKEN": text_of_form(NAME_TOKEN, "a name token"),
    "xsd:Name": text_of_form(NAME, "a name"),
    "xsd:NCName": text_of_form(NAME_WITHOUT_COLON, "a name without a colon"),
    "xsd:hexBinary": text_of_form(HEXADECIMAL, "bytes in pairs of lower-case hexadecimal digits"),
    "xsd:base64Binary": base64_binary,
}
_NUMBERS: Mapping[str, Normalise] = {
    "xsd:integer": integer,
    "xsd:decimal": decimal,
    "xsd:double": double,
    "xsd:float": single,
    **{f"xsd:{name}": integer_within(least, most) for name, (least, most) in INTEGER_BOUNDS.items()},
}
_TIMES: Mapping[str, Normalise] = {
    "xsd:date": date,
    "xsd:time": time,
    "xsd:dateTime": date_time,
    "xsd:dateTimeStamp": date_time,
    "xsd:gYear": part_of_date("{year}", "2026"),
    "xsd:gMonth": part_of_date("--{month}", "--11"),
    "xsd:gDay": part_of_date("---{day}", "---20"),
    "xsd:gYearMonth": part_of_date("{year}-{month}", "2026-11"),
    "xsd:gMonthDay": part_of_date("--{month}-{day}", "--11-20"),
    "xsd:duration": duration("YMDhms", "PT0S"),
    "xsd:yearMonthDuration": duration("YM", "P0M"),
    "xsd:dayTimeDuration": duration("Dhms", "PT0S"),
}
_EXTENDED: Mapping[str, Normalise] = {
    "xdd:coordinate": coordinate,
    "xdd:coordinatePolygon": coordinates,
    "xdd:coordinatePolyline": coordinates,
    "xdd:dateRange": range_of(date),
    "xdd:gYearRange": range_of(_TIMES["xsd:gYear"]),
    "xdd:integerRange": range_of(integer),
    "xdd:decimalRange": range_of(decimal),
    "xdd:email": text_of_form(EMAIL, "an e-mail address"),
    "xdd:url": text_of_form(URL, "a URL"),
    "xdd:html": no_value,
    "xdd:json": json_text,
    "xdd:dateTimeInterval": interval,
}

NORMALISERS: Mapping[str, Normalise] = MappingProxyType(
    {"xsd:boolean": boolean, **_TEXTS, **_NUMBERS, **_TIMES, **_EXTENDED}
)
"""By the datatypes of `data_kernel.domain.schema.model.DATATYPES`."""
