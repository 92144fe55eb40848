"""Reading the operations of a migration from JSON."""

from collections.abc import Callable, Mapping
from functools import partial

from data_kernel.domain.migration.effects import Operation
from data_kernel.domain.migration.operations import (
    annotate_class,
    change_key,
    change_parents,
    create_class,
    delete_class,
    move_class,
    replace_context,
)
from data_kernel.domain.migration.property_operations import (
    cast_property,
    create_property,
    delete_property,
    move_property,
    upcast_property,
)
from data_kernel.domain.schema.names import Short, with_short_names
from shared.canonical import Json
from shared.errors import ValidationFailed, Violation

_Read = Callable[["_Members"], Operation]


def read_operations(given: Json, short: Short) -> tuple[Operation, ...]:
    """The operations, with the names in them made `short`.

    Errors: `ValidationFailed` with the rule `unknown_operation` for each that is none, or lacks a member.
    """
    several = given if isinstance(given, list) else [given]
    read = [_operation(each, short) for each in several]
    unknown = [index for index, each in enumerate(read) if each is None]
    if unknown:
        message = "This is no operation of a migration, or it lacks a member."
        violations = [Violation(f"operations/{index}", "unknown_operation", message) for index in unknown]
        raise ValidationFailed("A migration is a list of operations.", violations=violations)
    return tuple(each for each in read if each is not None)


def _operation(given: Json, short: Short) -> Operation | None:
    word = given.get("@type") if isinstance(given, dict) else None
    read = _READERS.get(word) if isinstance(word, str) else None
    if read is None or not isinstance(given, dict):
        return None
    try:
        return read(_Members(given, short))
    except _LacksMember:
        return None


class _LacksMember(Exception):
    """A member is not there, or of another kind."""


class _Members:
    """The members of one operation."""

    def __init__(self, given: Mapping[str, Json], short: Short) -> None:
        self._given = given
        self._short = short

    def name(self, member: str) -> str:
        """The name of a class or a property."""
        value = self._given.get(member)
        if not isinstance(value, str) or not value:
            raise _LacksMember
        return self._short(value)

    def names(self, member: str) -> tuple[str, ...]:
        """Names; none where there is no such member."""
        value = self._given.get(member, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _LacksMember
        return tuple(self._short(str(each)) for each in value)

    def text(self, member: str) -> str:
        """A word of the class language."""
        value = self._given.get(member)
        if not isinstance(value, str):
            raise _LacksMember
        return value

    def type(self) -> Json:
        """The type of a property."""
        if "type" not in self._given:
            raise _LacksMember
        return with_short_names({"x": self._given["type"]}, self._short)["x"]

    def value(self, member: str) -> Json:
        """Any value."""
        return self._given.get(member)

    def document(self, member: str) -> dict[str, Json]:
        """The document of a class, or the context."""
        value = self._given.get(member)
        if not isinstance(value, dict):
            raise _LacksMember
        return with_short_names(value, self._short)


def _create_class(members: _Members) -> Operation:
    document = members.document("class_document")
    if not isinstance(document.get("@id"), str):
        raise _LacksMember
    return partial(create_class, document)


def _annotation(member: str, members: _Members) -> Operation:
    return partial(annotate_class, f"@{member}", members.name("class"), members.value(member))


def _cast(members: _Members) -> Operation:
    default = members.value("default")
    match default:
        case {"@type": "Error"}:
            value: Json = None
        case {"@type": "Default", "value": value}:
            pass
        case _:
            raise _LacksMember
    return partial(cast_property, members.name("class"), members.name("property"), members.type(), value)


def _change_parents(members: _Members) -> Operation:
    given = members.value("properties") or []
    defaults: dict[str, Json] = {}
    for each in given if isinstance(given, list) else [given]:
        match each:
            case {"property": str(name), "default": value}:
                defaults[name] = value
            case _:
                raise _LacksMember
    return partial(change_parents, members.name("class"), members.names("parents"), defaults)


def _create_property(members: _Members) -> Operation:
    name, member = members.name("class"), members.name("property")
    return partial(create_property, name, member, members.type(), members.value("default"))


def _change_key(members: _Members) -> Operation:
    return partial(change_key, members.name("class"), members.text("key"), members.names("fields"))


_READERS: Mapping[str, _Read] = {
    "CreateClass": _create_class,
    "DeleteClass": lambda each: partial(delete_class, each.name("class")),
    "MoveClass": lambda each: partial(move_class, each.name("from"), each.name("to")),
    "ReplaceClassMetadata": partial(_annotation, "metadata"),
    "ReplaceClassDocumentation": partial(_annotation, "documentation"),
    "ReplaceContext": lambda each: partial(replace_context, each.document("context")),
    "CreateClassProperty": _create_property,
    "DeleteClassProperty": lambda each: partial(delete_property, each.name("class"), each.name("property")),
    "MoveClassProperty": lambda each: partial(move_property, each.name("class"), each.name("from"), each.name("to")),
    "UpcastClassProperty": lambda each: partial(
        upcast_property, each.name("class"), each.name("property"), each.type()
    ),
    "CastClassProperty": _cast,
    "ChangeKey": _change_key,
    "ChangeParents": _change_parents,
}
