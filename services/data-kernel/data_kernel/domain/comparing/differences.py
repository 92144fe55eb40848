"""What leads from one value to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data_kernel.domain.comparing.operations import Object, copy_list, keep_list, patch_list, swap_list, swap_value
from shared.canonical import Json, encode

KEPT: Mapping[str, Json] = {"@id": True}
"""Members that a difference shows though they are the same: by default whose it is."""


@dataclass(frozen=True, slots=True)
class Style:
    """`keep` names members that are shown though they are the same (`true`, or an object for those below).

    With `shows_values` the elements of a list that stay are shown.
    """

    keep: Mapping[str, Json] = field(default_factory=lambda: dict(KEPT))
    shows_values: bool = False


class DifferentKey(Exception):
    """A member that was to be shown is another one on the other side."""

    def __init__(self, key: str, before: Object, after: Object) -> None:
        super().__init__(key)
        self.key = key
        self.before = before
        self.after = after


def difference(before: Json, after: Json, style: Style) -> Json:
    """The difference of two values; that of equal objects is `{}` but for what is kept, of equal lists `KeepList`.

    Work grows with the size of both. Raises `DifferentKey`.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_objects(before, after, style.keep, style)
    if isinstance(before, list) and isinstance(after, list):
        return _of_lists(before, after, style)
    return swap_value(before, after)


def _of_objects(before: Object, after: Object, keep: Mapping[str, Json], style: Style) -> Object:
    found: Object = {}
    for key in sorted({*before, *after}):
        kept = keep.get(key, False)
        if kept is True:
            found |= _kept(key, before, after)
        elif not _same(before.get(key), after.get(key)):
            found[key] = _of_members(before.get(key), after.get(key), kept, style)
        elif isinstance(kept, dict) and isinstance(inner := before.get(key), dict):
            found |= {key: shown} if (shown := _of_objects(inner, inner, kept, style)) else {}
    return found


def _kept(key: str, before: Object, after: Object) -> Object:
    if key not in before or key not in after or not _same(before[key], after[key]):
        raise DifferentKey(key, before, after)
    return {key: before[key]}


def _of_members(before: Json, after: Json, kept: Json, style: Style) -> Json:
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_objects(before, after, kept if isinstance(kept, dict) else {}, style)
    return difference(before, after, style)


def _of_lists(before: Sequence[Json], after: Sequence[Json], style: Style) -> Json:
    start = _common(before, after)
    if start == len(before) == len(after):
        return keep_list(before, shows_values=style.shows_values)
    if _is_one_to_one(before, after):
        return [_of_elements(old, new, style) for old, new in zip(before, after, strict=True)]
    end = min(_common(before[::-1], after[::-1]), len(before) - start, len(after) - start)
    olds, news = before[start : len(before) - end], after[start : len(after) - end]
    rest: Json = keep_list(before[len(before) - end :], shows_values=style.shows_values)
    changed = _of_stretch(olds, news, rest, style)
    return copy_list(before[:start], changed, shows_values=style.shows_values) if start else changed


def _of_stretch(olds: Sequence[Json], news: Sequence[Json], rest: Json, style: Style) -> Json:
    """Elements of which neither the first nor the last are the same."""
    paired = min(len(olds), len(news))
    if not paired:
        return swap_list(olds, news, rest)
    if len(olds) != len(news):
        if not all(_are_versions(old, new) for old, new in zip(olds, news, strict=False)):
            return swap_list(olds, news, rest)
        rest = swap_list(olds[paired:], news[paired:], rest)
    return patch_list([_of_elements(old, new, style) for old, new in zip(olds, news, strict=False)], rest)


def _of_elements(old: Json, new: Json, style: Style) -> Json:
    if isinstance(old, dict) and isinstance(new, dict) and not _are_versions(old, new) and "@id" in {*old, *new}:
        return swap_value(old, new)
    return difference(old, new, style)


def _is_one_to_one(before: Sequence[Json], after: Sequence[Json]) -> bool:
    """Whether the lists are read element by element: as many of each, none the same, or all of them composed."""
    if len(before) != len(after):
        return False
    if all(isinstance(each, dict | list) for each in (*before, *after)):
        return True
    return not any(_same(old, new) for old, new in zip(before, after, strict=True))


def _are_versions(old: Json, new: Json) -> bool:
    """Whether both are objects of one id."""
    return isinstance(old, dict) and isinstance(new, dict) and "@id" in old and old["@id"] == new.get("@id")


def _common(one: Sequence[Json], other: Sequence[Json]) -> int:
    """How many first elements are the same."""
    count = 0
    while count < min(len(one), len(other)) and _same(one[count], other[count]):
        count += 1
    return count


def _same(one: Json, other: Json) -> bool:
    """Whether the values are the same in every digit, which `1 == 1.0 == True` is not."""
    return encode(one) == encode(other)
