"""JSON Patch (RFC 6902) over exact JSON: no number is read as a double."""

import copy
import re
from collections.abc import Callable  # noqa: TC003 - one import style in all modules
from dataclasses import dataclass

from shared.canonical import Json, decode, encode, pointer
from shared.errors import InvalidInput, PreconditionFailed, TooLarge, ValidationFailed, Violation

MAX_OPERATIONS = 1000
MAX_COPIED_BYTES = 4 * 1024 * 1024
"""What `copy` operations of one patch may add up to; each may double a document, and the writer waits meanwhile."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_MEMBERS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}


def json_patch(target: Json, operations: Json, *, subject: str, field: str = "body") -> Json:
    """What a JSON Patch makes of `target`, which is left as it is.

    Errors: `InvalidInput` for a malformed patch, naming the place in `field`; `ValidationFailed` (rule `patch_path`, on
    `subject`) where a path leads nowhere; `PreconditionFailed` where a `test` does not hold; `TooLarge`.
    """
    if not isinstance(operations, list):
        raise InvalidInput(f"{field}: a JSON Patch is a list of operations.", field=field)
    if len(operations) > MAX_OPERATIONS:
        raise TooLarge(f"{field}: a patch has at most {MAX_OPERATIONS} operations.", field=field)
    patched = _Patched(copy.deepcopy(target))
    for index, operation in enumerate(operations):
        place = f"{field}/{index}"
        try:
            patched.apply(_read(operation, place))
        except _NowhereError as nowhere:
            violation = Violation(f"{subject}#{pointer(nowhere.tokens)}", "patch_path", nowhere.message)
            raise ValidationFailed(f"{place}: {nowhere.message}", violations=[violation], field=place) from None
    return decode(encode(patched.root), field=field)


def equal(one: Json, other: Json) -> bool:
    """Whether two values are equal as JSON Patch compares them: numbers by their values, exactly."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


class _NowhereError(Exception):
    def __init__(self, tokens: list[str], message: str) -> None:
        super().__init__(message)
        self.tokens = tokens
        self.message = message


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation as it is read: `path` and `source` (its `from`) as tokens, and where it stands in the request."""

    name: str
    path: list[str]
    source: list[str]
    value: Json
    place: str


def _read(operation: Json, place: str) -> _Operation:
    if not isinstance(operation, dict):
        raise InvalidInput(f"{place}: an operation is an object.", field=place)
    name = operation.get("op")
    if not isinstance(name, str) or name not in _MEMBERS:
        raise InvalidInput(f"{place}/op: one of {', '.join(_MEMBERS)}.", field=f"{place}/op")
    for member in _MEMBERS[name]:
        if member not in operation:
            raise InvalidInput(f"{place}/{member}: {name} needs it.", field=f"{place}/{member}")
    source = _tokens(operation["from"], f"{place}/from") if "from" in _MEMBERS[name] else []
    path = _tokens(operation["path"], f"{place}/path")
    return _Operation(name, path, source, copy.deepcopy(operation.get("value")), place)


def _tokens(text: Json, place: str) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        raise InvalidInput(f"{place}: this is not a JSON Pointer.", field=place)
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


class _Patched:
    """A document while a patch is applied to it, in place."""

    def __init__(self, root: Json) -> None:
        self.root = root
        self._copied_bytes = 0

    def apply(self, operation: _Operation) -> None:
        actions: dict[str, Callable[[_Operation], None]] = {
            "add": lambda each: self._add(each.path, each.value),
            "remove": lambda each: self._remove(each.path),
            "replace": lambda each: self._replace(each.path, each.value),
            "move": self._move,
            "copy": lambda each: self._add(each.path, self._copy(each)),
            "test": self._test,
        }
        actions[operation.name](operation)

    def _test(self, operation: _Operation) -> None:
        if not equal(self._get(operation.path), operation.value):
            raise PreconditionFailed(f"{operation.place}: the test does not hold.", field=operation.place)

    def _move(self, operation: _Operation) -> None:
        source, path = operation.source, operation.path
        value = self._get(source)
        if path == source:
            return
        if path[: len(source)] == source:
            raise InvalidInput(f"{operation.place}: nothing moves into itself.", field=f"{operation.place}/path")
        self._remove(source)
        self._add(path, value)

    def _copy(self, operation: _Operation) -> Json:
        copied = encode(self._get(operation.source))
        self._copied_bytes += len(copied)
        if self._copied_bytes > MAX_COPIED_BYTES:
            message = f"{operation.place}: the copies of one patch have at most {MAX_COPIED_BYTES} bytes."
            raise TooLarge(message, field=operation.place)
        return decode(copied, field=operation.place)

    def _get(self, path: list[str]) -> Json:
        value = self.root
        for depth, token in enumerate(path):
            value = _child(value, token, path[: depth + 1])
        return value

    def _add(self, path: list[str], value: Json) -> None:
        if not path:
            self.root = value
            return
        parent, token = self._get(path[:-1]), path[-1]
        if isinstance(parent, dict):
            parent[token] = value
        elif isinstance(parent, list):
            parent.insert(len(parent) if token == "-" else _index(token, len(parent), path), value)  # noqa: S105 - JSON Pointer's end of a list
        else:
            raise _NowhereError(path, "Neither an object nor a list is above this place.")

    def _remove(self, path: list[str]) -> None:
        if not path:
            raise _NowhereError(path, "The whole document is not removed by a patch.")
        self._get(path)
        parent, token = self._get(path[:-1]), path[-1]
        if isinstance(parent, dict):
            del parent[token]
        elif isinstance(parent, list):
            del parent[int(token)]

    def _replace(self, path: list[str], value: Json) -> None:
        if not path:
            self.root = value
            return
        self._get(path)
        parent, token = self._get(path[:-1]), path[-1]
        if isinstance(parent, dict):
            parent[token] = value
        elif isinstance(parent, list):
            parent[int(token)] = value


def _child(value: Json, token: str, path: list[str]) -> Json:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and value:
        return value[_index(token, len(value) - 1, path)]
    raise _NowhereError(path, "There is nothing at this place.")


def _index(token: str, highest: int, path: list[str]) -> int:
    if not _INDEX.fullmatch(token) or int(token) > highest:
        raise _NowhereError(path, "The list has no such place.")
    return int(token)
