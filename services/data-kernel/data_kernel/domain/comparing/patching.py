"""What a difference makes of a value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from data_kernel.domain.comparing.operations import AFTER, BEFORE, OP, REST, Object
from shared.canonical import Json, encode


class NoPatch(ValueError):
    """The difference itself is none; says what is wrong with it."""


class Conflicting(Exception):
    """The value is not what the difference expects; `conflicts` has its shape, with a `Conflict` where they differ."""

    def __init__(self, conflicts: Json) -> None:
        super().__init__("the value is not what the patch expects")
        self.conflicts = conflicts


def patched(value: Json, patch: Json, *, accepts_final: bool = False) -> Json:
    """The value after the patch. Members that go are `null`. Raises `Conflicting` with all conflicts, `NoPatch`.

    With `accepts_final` what already is as the patch would make it is no conflict.
    """
    return _Patching(accepts_final).value(value, patch)


def remaining(value: Object, final: Object, patch: Object) -> Object:
    """The difference without its members that the value already has as they are in the end.

    What a list's difference inserts does not show whether it was inserted already; the list as it is to be does.
    """
    rest = Object()
    for key, each in patch.items():
        now, then = value.get(key), final.get(key)
        if _same(now, then):
            continue
        if isinstance(now, dict) and isinstance(then, dict) and isinstance(each, dict) and OP not in each:
            rest[key] = remaining(now, then, each)
        else:
            rest[key] = each
    return rest


@dataclass(frozen=True, slots=True)
class _Patching:
    accepts_final: bool

    def value(self, value: Json, patch: Json) -> Json:
        if isinstance(patch, dict) and OP in patch:
            return self._operation(value, patch)
        if isinstance(patch, dict) and isinstance(value, dict):
            return self._object(value, patch)
        if isinstance(patch, list) and isinstance(value, list) and len(patch) == len(value):
            return self._each(value, patch)
        # A value that stands where an operation could is one that is to be there.
        return _expect(patch, value)

    def _object(self, value: Object, patch: Object) -> Object:
        after, conflicts = dict(value), Object()
        for key, each in patch.items():
            try:
                after[key] = self.value(value.get(key), each)
            except Conflicting as found:
                conflicts[key] = found.conflicts
        if conflicts:
            raise Conflicting(conflicts)
        return after

    def _each(self, values: Sequence[Json], patches: Sequence[Json]) -> list[Json]:
        after: list[Json] = []
        conflicts: list[Json] = []
        for value, patch in zip(values, patches, strict=True):
            after.append(_or_conflict(partial(self.value, value, patch), conflicts))
        if any(each is not None for each in conflicts):
            raise Conflicting(conflicts)
        return after

    def _operation(self, value: Json, patch: Object) -> Json:
        operation = patch[OP]
        if operation == "SwapValue":
            return self._swapped(value, _member(patch, BEFORE), _member(patch, AFTER))
        if operation == "ForceValue":
            return _member(patch, AFTER)
        if operation in {"CopyList", "SwapList", "PatchList", "KeepList"}:
            if not isinstance(value, list):
                raise Conflicting({OP: "Conflict", "@expected": [], "@found": value})
            return self._chain(value, patch)
        raise NoPatch(f"{operation} is no operation")

    def _swapped(self, value: Json, before: Json, after: Json) -> Json:
        if not (self.accepts_final and _same(value, after)):
            _expect(before, value)
        return after

    def _chain(self, values: Sequence[Json], patch: Object) -> list[Json]:
        """The operations of a list one after another; conflicts stand at the places of their elements."""
        after: list[Json] = []
        conflicts: list[Json] = []
        at = 0
        step: Json = patch
        while True:
            if not isinstance(step, dict) or OP not in step:
                raise NoPatch("the rest of a list's difference is an operation")
            if step[OP] == "KeepList":
                after += values[at:]
                conflicts += [None] * (len(values) - at)
                break
            at = self._step(values, at, step, after, conflicts)
            step = step.get(REST)
        if any(each is not None for each in conflicts):
            raise Conflicting(conflicts)
        return after

    def _step(self, values: Sequence[Json], at: int, step: Object, after: list[Json], conflicts: list[Json]) -> int:
        """Do one operation from the element `at` on; gives the element after those that it is about."""
        if step[OP] == "CopyList":
            end = at + _count(step)
            taken = _taken(values, at, end, conflicts)
            after += taken
            conflicts += [None] * len(taken)
            return end
        if step[OP] == "SwapList":
            return self._swap_list(values, at, step, after, conflicts)
        if step[OP] == "PatchList":
            patches = _list(step, "@patch")
            for place, each in enumerate(patches):
                found = values[at + place] if at + place < len(values) else None
                after.append(_or_conflict(partial(self.value, found, each), conflicts))
            return at + len(patches)
        raise NoPatch(f"{step[OP]} is no operation of a list")

    def _swap_list(
        self, values: Sequence[Json], at: int, step: Object, after: list[Json], conflicts: list[Json]
    ) -> int:
        before, wanted = _list(step, BEFORE), _list(step, AFTER)
        if self.accepts_final and not _stand(values, at, before) and _stand(values, at, wanted):
            before = wanted
        for place, each in enumerate(before):
            found = values[at + place] if at + place < len(values) else None
            _or_conflict(partial(_expect, each, found), conflicts)
        after += wanted
        return at + len(before)


def _stand(values: Sequence[Json], at: int, elements: list[Json]) -> bool:
    """Whether these elements stand from `at` on."""
    return _same(list(values[at : at + len(elements)]), elements)


def _or_conflict(work: Callable[[], Json], conflicts: list[Json]) -> Json:
    try:
        done = work()
    except Conflicting as found:
        conflicts.append(found.conflicts)
        return None
    conflicts.append(None)
    return done


def _taken(values: Sequence[Json], at: int, end: int, conflicts: list[Json]) -> Sequence[Json]:
    if end > len(values):
        conflicts.append({OP: "Conflict", "@expected": end, "@found": len(values)})
    return values[at:end]


def _expect(expected: Json, found: Json) -> Json:
    if not _same(expected, found):
        raise Conflicting({OP: "Conflict", "@expected": expected, "@found": found})
    return found


def _same(one: Json, other: Json) -> bool:
    """Whether the values are the same in every digit, which `1 == 1.0 == True` is not."""
    return encode(one) == encode(other)


def _member(patch: Object, name: str) -> Json:
    if name not in patch:
        raise NoPatch(f"{patch[OP]} has no {name}")
    return patch[name]


def _list(patch: Object, name: str) -> list[Json]:
    value = _member(patch, name)
    if not isinstance(value, list):
        raise NoPatch(f"{name} of {patch[OP]} is a list")
    return value


def _count(patch: Object) -> int:
    value = _member(patch, "@to")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise NoPatch("@to of CopyList is a number of elements")
    return value
