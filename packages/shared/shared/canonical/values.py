"""The values of exact JSON, their limits and the paths that name a place in them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

MAX_DEPTH = 100
"""Containers that may lie in one another."""

MAX_DIGITS = 1000
"""Digits that a number may be written with."""

_MAX_POINTER_CHARS = 300


class JsonNumber(Decimal):
    """A JSON number that is not a plain integer; `text` is how it was written.

    It compares and calculates as the decimal number that it is; two of them are the same JSON only if their texts are.
    """

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> "JsonNumber":
        """Read the number from JSON's own notation; `decimal.InvalidOperation` where the exponent is out of range."""
        number = Decimal.__new__(cls, text)
        number.text = text
        return number

    def __reduce__(self) -> tuple[type["JsonNumber"], tuple[str]]:
        return JsonNumber, (self.text,)

    def __copy__(self) -> "JsonNumber":
        return self

    def __deepcopy__(self, memo: object) -> "JsonNumber":
        return self

    def __repr__(self) -> str:
        return f"JsonNumber({self.text!r})"


Json: TypeAlias = bool | int | float | str | JsonNumber | list["Json"] | dict[str, "Json"] | None
"""A JSON value. `decode` makes no `float`; `encode` takes a finite one."""


def has_too_many_digits(text: str) -> bool:
    """Whether a number is written with more than `MAX_DIGITS` digits."""
    return len(text) > MAX_DIGITS and sum(map(str.isdigit, text)) > MAX_DIGITS


def pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a path, cut at 300 characters; the root's is empty."""
    text = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MAX_POINTER_CHARS else text[:_MAX_POINTER_CHARS] + "…"
