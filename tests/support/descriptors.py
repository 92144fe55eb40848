"""Messages of any RPC, made of its descriptor alone, with values that no honest caller sends."""

from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

Field = FieldDescriptor
HOSTILE_TEXTS = (
    "",
    "\x00",
    "a\r\nb",
    "..",
    "../../etc/passwd",
    "/",
    "%",
    "?#",
    "ü💩\u202e",
    "\uffff",
    "x" * 5_000,
    "9" * 5_000,
    "dev/oms/",
    "prod/oms/main",
    "_kernel",
    "z" * 31,
    "2026-02-30T00:00:00Z",
    "bob@oms",
    "0" * 32,
    "*",
    ">",
    "a.b.>",
    "data",
    "specversion",
)
HOSTILE_BYTES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b"\xff",
    rb'{"@type":"Movie","title":"\ud800"}',
    b'{"@type":"Movie","title":NaN}',
    b'{"@type":"Movie","title":"x","year":%b}' % (b"9" * 5_000),
    b"[" * 100_000,
    b'{"@type":"Movie","@id":"../x","title":"x"}',
    b'{"@type":"Movie","title":"x","title":"y"}',
    b'{"@type":"Class","@id":"Movie","@inherits":["Movie"]}',
    b'[{"op":"replace","path":"/x","value":1}]',
)
_BOUNDS = {
    Field.TYPE_INT32: 31,
    Field.TYPE_SINT32: 31,
    Field.TYPE_SFIXED32: 31,
    Field.TYPE_INT64: 63,
    Field.TYPE_SINT64: 63,
    Field.TYPE_SFIXED64: 63,
}
_UNSIGNED = {Field.TYPE_UINT32: 32, Field.TYPE_FIXED32: 32, Field.TYPE_UINT64: 64, Field.TYPE_FIXED64: 64}
_MOST = 3
"""Entries of a repeated field, and levels of messages in messages."""

Real = Callable[[str], Iterable[Any]]
"""Values of a field that name what is really there, by the field's name."""


def services_of(packages: Iterable[str]) -> list[ServiceDescriptor]:
    """The services of these full names, whose generated modules must have been imported."""
    pool = descriptor_pool.Default()
    return [pool.FindServiceByName(name) for name in packages]


def messages_of(method: MethodDescriptor, real: Real) -> st.SearchStrategy[Message]:
    """Requests of the method: each field absent, hostile, anything at all, or the name of something there."""
    return _messages(method.input_type, real, 0)


def _messages(kind: Any, real: Real, level: int) -> st.SearchStrategy[Message]:
    make = message_factory.GetMessageClass(kind)
    fields = [field for field in kind.fields if level < _MOST or field.message_type is None]
    values = {field.name: st.none() | _values(field, real, level) for field in fields}
    return st.fixed_dictionaries(values).map(lambda given: _filled(make(), given))


def _filled(message: Message, given: dict[str, Any]) -> Message:
    for name, value in given.items():
        if value is None:
            continue
        field = message.DESCRIPTOR.fields_by_name[name]
        if _is_map(field):
            getattr(message, name).update(value)
        elif field.is_repeated:
            getattr(message, name).extend(value)
        elif field.message_type is not None:
            getattr(message, name).CopyFrom(value)
        else:
            setattr(message, name, value)
    return message


def _values(field: Any, real: Real, level: int) -> st.SearchStrategy[Any]:
    if _is_map(field):
        key, value = field.message_type.fields
        return st.dictionaries(_one(key, real, level), _one(value, real, level), max_size=_MOST)
    one = _one(field, real, level)
    return st.lists(one, max_size=_MOST) if field.is_repeated else one


def _is_map(field: Any) -> bool:
    return bool(field.message_type is not None and field.message_type.GetOptions().map_entry)


def _one(field: Any, real: Real, level: int) -> st.SearchStrategy[Any]:
    there = tuple(real(field.name))
    if field.message_type is not None:
        return _messages(field.message_type, real, level + 1)
    if field.type == Field.TYPE_STRING:
        anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
        return _of(HOSTILE_TEXTS, there) | anything
    if field.type == Field.TYPE_BYTES:
        return _of(HOSTILE_BYTES, there) | st.binary(max_size=60)
    if field.type == Field.TYPE_BOOL:
        return st.booleans()
    if field.type == Field.TYPE_ENUM:
        return st.sampled_from([each.number for each in field.enum_type.values] + [99, -1])
    return _numbers(field)


def _of(hostile: tuple[Any, ...], there: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """Names of what is there as often as all hostile values: else no request would get past its first field."""
    return st.sampled_from(there) | st.sampled_from(hostile) if there else st.sampled_from(hostile)


def _numbers(field: Any) -> st.SearchStrategy[Any]:
    if field.type in _BOUNDS:
        limit = 2 ** _BOUNDS[field.type]
        return st.sampled_from([0, 1, -1, limit - 1, -limit]) | st.integers(-limit, limit - 1)
    if field.type in _UNSIGNED:
        limit = 2 ** _UNSIGNED[field.type]
        return st.sampled_from([0, 1, limit // 2, limit - 1]) | st.integers(0, limit - 1)
    return st.floats(width=32 if field.type == Field.TYPE_FLOAT else 64)
