"""The JSON Schema of the CloudEvents 1.0 envelope, with the platform's bounds, and what it finds wrong.

It runs before the SDK sees anything: the SDK invents a missing id and takes a source that is no URI.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from shared.canonical import Json, pointer
from shared.errors import Violation
from shared.events.routing import MAX_TYPE_LENGTH, TYPE_PATTERN

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_ATTRIBUTE_CHARS = 2048
_NO_CONTROL = {"not": {"pattern": "[\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]"}}
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_ATTRIBUTE_CHARS, **_NO_CONTROL}

ENVELOPE_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _TEXT,
        "source": {**_TEXT, "format": "uri-reference"},
        "type": {**_TEXT, "maxLength": MAX_TYPE_LENGTH, "pattern": TYPE_PATTERN},
        "subject": _TEXT,
        "time": {**_TEXT, "format": "date-time"},
        "datacontenttype": {**_TEXT, "pattern": "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;.*)?$"},
        "dataschema": {**_TEXT, "format": "uri"},
        "traceparent": {**_TEXT, "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"},
        "data": True,
        "data_base64": {"type": "string", "contentEncoding": "base64"},
    },
    "propertyNames": {"pattern": "^([a-z0-9]{1,20}|data_base64)$"},
    "additionalProperties": {
        "if": {"type": "string"},
        "then": {"maxLength": MAX_ATTRIBUTE_CHARS, **_NO_CONTROL},
    },
    "not": {"required": ["data", "data_base64"]},
}
_EXTENSION_TYPES = (str, bool, int)
_STANDARD = frozenset(ENVELOPE_SCHEMA["properties"]) - {"traceparent"}
_RULES = {
    "required": ("required", "is required"),
    "type": ("type", "has another type than CloudEvents gives it"),
    "const": ("value", "must be 1.0"),
    "minLength": ("empty", "must not be empty"),
    "maxLength": ("length", "is too long"),
    "pattern": ("form", "is not in the form that the platform asks for"),
    "format": ("form", "is not in the form that CloudEvents gives it"),
    "propertyNames": ("name", "attribute names are 1 to 20 lower-case letters and digits"),
    "not": ("value", "holds control characters, or data stands beside data_base64"),
}


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(ENVELOPE_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def violations(envelope: dict[str, Json]) -> list[Violation]:
    """Everything that is wrong with the attributes of an event in JSON form, without their content."""
    found = [_violation(error) for error in _validator().iter_errors(envelope)]
    found += [
        Violation(pointer((name,)), "type", "an extension attribute is a text, a boolean or a 32-bit integer")
        for name, value in envelope.items()
        if name not in _STANDARD and not _is_extension_value(value)
    ]
    return sorted(set(found), key=lambda violation: (violation.path, violation.rule))


def _is_extension_value(value: Json) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return -(2**31) <= value < 2**31
    return isinstance(value, _EXTENSION_TYPES)


def _violation(error: "ValidationError") -> Violation:
    keyword = "propertyNames" if "propertyNames" in error.absolute_schema_path else str(error.validator)
    rule, message = _RULES[keyword]
    path = [str(step) for step in error.absolute_path]
    if keyword == "required" and (missing := re.match(r"'(\w+)'", error.message)):
        path.append(missing[1])
    return Violation(pointer(path), rule, message)
