"""Which types are wider than others: every value of the one is a value of the other (XML Schema Part 2, section 3)."""

from collections.abc import Iterator, Mapping

WIDER: Mapping[str, str] = {
    "xsd:integer": "xsd:decimal",
    "xsd:long": "xsd:integer",
    "xsd:int": "xsd:long",
    "xsd:short": "xsd:int",
    "xsd:byte": "xsd:short",
    "xsd:nonNegativeInteger": "xsd:integer",
    "xsd:positiveInteger": "xsd:nonNegativeInteger",
    "xsd:unsignedLong": "xsd:nonNegativeInteger",
    "xsd:unsignedInt": "xsd:unsignedLong",
    "xsd:unsignedShort": "xsd:unsignedInt",
    "xsd:unsignedByte": "xsd:unsignedShort",
    "xsd:nonPositiveInteger": "xsd:integer",
    "xsd:negativeInteger": "xsd:nonPositiveInteger",
    "xsd:normalizedString": "xsd:string",
    "xsd:token": "xsd:normalizedString",
    "xsd:language": "xsd:token",
    "xsd:NMTOKEN": "xsd:token",
    "xsd:Name": "xsd:token",
    "xsd:NCName": "xsd:Name",
    "xsd:dateTimeStamp": "xsd:dateTime",
    "xsd:yearMonthDuration": "xsd:duration",
    "xsd:dayTimeDuration": "xsd:duration",
}
"""Datatypes with the next wider one."""


def wider_datatypes(name: str) -> Iterator[str]:
    """The datatype itself, and those that have all of its values."""
    each: str | None = name
    while each is not None:
        yield each
        each = WIDER.get(each)
