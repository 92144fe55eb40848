"""When a value of a document equals one that is asked for."""

from collections.abc import Iterator
from decimal import Decimal

from shared.canonical import Json, JsonNumber

Scalar = tuple[str, object]


def comparable(value: Json) -> Scalar:
    """A value with its kind: 1 is 1.0, and neither is true or "1"."""
    if isinstance(value, bool | str) or value is None:
        return type(value).__name__, value
    return "number" if isinstance(value, int | JsonNumber) else "other", value


def canonical_text(value: Scalar) -> str:
    """A text that equal values share and others do not, in every process: the kind, and a number in one notation."""
    kind, content = value
    return f"{kind} {_notation(content) if isinstance(content, Decimal | int) and kind == 'number' else content}"


def _notation(number: Decimal | int) -> str:
    """The digits without zeros at their end, and the power of ten that they are times of."""
    sign, digits, exponent = Decimal(number).as_tuple()
    written = "".join(map(str, digits))
    significant = written.rstrip("0")
    if not significant:
        return "0"
    return f"{'-' * sign}{significant}e{int(exponent) + len(written) - len(significant)}"


def is_scalar(value: Json) -> bool:
    """Whether it is one text, number or truth value: what documents can be found by."""
    return value is not None and not isinstance(value, list | dict)


def scalars(value: Json) -> Iterator[Scalar]:
    """What a property can be found by: its value, or in a set or list each of its elements."""
    return (comparable(each) for each in (value if isinstance(value, list) else [value]) if is_scalar(each))
