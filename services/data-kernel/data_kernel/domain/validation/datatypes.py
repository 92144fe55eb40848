"""The values of each datatype: what is taken for one, and its canonical form."""

import base64
import binascii
from collections.abc import Callable, Mapping
from types import MappingProxyType

from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.moments import date_time
from data_kernel.domain.validation.numbers import decimal, double, integer
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


NORMALISERS: Mapping[str, Normalise] = MappingProxyType(
    {
        "xsd:string": string,
        "xsd:integer": integer,
        "xsd:decimal": decimal,
        "xsd:double": double,
        "xsd:boolean": boolean,
        "xsd:dateTime": date_time,
        "xsd:base64Binary": base64_binary,
    }
)
"""By the datatypes of `data_kernel.domain.schema.model.DATATYPES`."""
