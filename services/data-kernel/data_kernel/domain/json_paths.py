"""JSONPath (RFC 9535) as far as it names places by members: `$.a`, `$['a']`, `$.a.*`, `$.a[*]`, `$..a`.

Neither positions in arrays, slices, unions nor filters are read: what is redacted is named by what it is called.
Keywords (`@id`, `@type`) are no values, and no path reaches them.
"""

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from shared.canonical import Json
from shared.errors import InvalidInput

MAX_PATH_CHARS: Final = 1000
_SEGMENT: Final = re.compile(r"""(\.\.?)(\*|[^\W\d]\w*)|(\.\.)?\[(\*|'[^'\\]*'|"[^"\\]*")\]""")
_RULE: Final = "path: it is $ and then members by name, such as $.name, $['full name'], $.list[*] or $..email"


class Gap(Enum):
    """What stands for a value that is to go."""

    GONE = auto()


Change = Callable[[Json], Json | Gap]


class Step(NamedTuple):
    """One step: to the member of this name (`None`: to every member and element), at any depth where `is_deep`."""

    name: str | None
    is_deep: bool

    def takes(self, name: str) -> bool:
        """Whether it leads to the member of an object."""
        return not name.startswith("@") and self.name in (None, name)


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path; none for `$`, the document itself. `InvalidInput` for any other text."""
    if len(text) > MAX_PATH_CHARS or not text.startswith("$"):
        raise InvalidInput(_RULE, field="path")
    steps, at = [], 1
    while at < len(text):
        segment = _SEGMENT.match(text, at)
        if segment is None:
            raise InvalidInput(_RULE, field="path")
        dots, short, deep, quoted = segment.groups()
        name = short or quoted
        steps.append(Step(None if name == "*" else short or quoted[1:-1], ".." in (dots, deep)))
        at = segment.end()
    return tuple(steps)


def change_at(value: Json, steps: tuple[Step, ...], change: Change) -> Json | Gap:
    """The value with what the steps lead to changed; what becomes a gap is taken out of its object or array."""
    if not steps:
        return change(value)
    if isinstance(value, dict):
        members = ((name, _member(name, each, steps, change)) for name, each in value.items())
        return {name: each for name, each in members if not isinstance(each, Gap)}
    if isinstance(value, list):
        elements = (_element(each, steps, change) for each in value)
        return [each for each in elements if not isinstance(each, Gap)]
    return value


def _member(name: str, value: Json, steps: tuple[Step, ...], change: Change) -> Json | Gap:
    return _below(value, steps, change, is_taken=steps[0].takes(name))


def _element(value: Json, steps: tuple[Step, ...], change: Change) -> Json | Gap:
    return _below(value, steps, change, is_taken=steps[0].name is None)


def _below(value: Json, steps: tuple[Step, ...], change: Change, *, is_taken: bool) -> Json | Gap:
    found: Json | Gap = change_at(value, steps, change) if steps[0].is_deep else value
    return change_at(found, steps[1:], change) if is_taken and not isinstance(found, Gap) else found
