"""What a difference makes of a value."""

from collections.abc import Callable, Sequence
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


def patched(value: Json, patch: Json) -> Json:
    """The value after the patch. Members that go are `null`. Raises `Conflicting` with all conflicts, `NoPatch`."""
    if isinstance(patch, dict) and OP in patch:
        return _operation(value, patch)
    if isinstance(patch, dict) and isinstance(value, dict):
        return _object(value, patch)
    if isinstance(patch, list) and isinstance(value, list) and len(patch) == len(value):
        return _each(value, patch)
    # A value that stands where an operation could is one that is to be there.
    return _expect(patch, value)


def _object(value: Object, patch: Object) -> Object:
    after, conflicts = dict(value), Object()
    for key, each in patch.items():
        try:
            after[key] = patched(value.get(key), each)
        except Conflicting as found:
            conflicts[key] = found.conflicts
    if conflicts:
        raise Conflicting(conflicts)
    return after


def _each(values: Sequence[Json], patches: Sequence[Json]) -> list[Json]:
    after: list[Json] = []
    conflicts: list[Json] = []
    for value, patch in zip(values, patches, strict=True):
        after.append(_or_conflict(partial(patched, value, patch), conflicts))
    if any(each is not None for each in conflicts):
        raise Conflicting(conflicts)
    return after


def _or_conflict(work: Callable[[], Json], conflicts: list[Json]) -> Json:
    try:
        done = work()
    except Conflicting as found:
        conflicts.append(found.conflicts)
        return None
    conflicts.append(None)
    return done


def _operation(value: Json, patch: Object) -> Json:
    operation = patch[OP]
    if operation == "SwapValue":
        _expect(_member(patch, BEFORE), value)
        return _member(patch, AFTER)
    if operation == "ForceValue":
        return _member(patch, AFTER)
    if operation in {"CopyList", "SwapList", "PatchList", "KeepList"}:
        if not isinstance(value, list):
            raise Conflicting({OP: "Conflict", "@expected": [], "@found": value})
        return _chain(value, patch)
    raise NoPatch(f"{operation} is no operation")


def _chain(values: Sequence[Json], patch: Object) -> list[Json]:
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
        at = _step(values, at, step, after, conflicts)
        step = step.get(REST)
    if any(each is not None for each in conflicts):
        raise Conflicting(conflicts)
    return after


def _step(values: Sequence[Json], at: int, step: Object, after: list[Json], conflicts: list[Json]) -> int:
    """Do one operation from the element `at` on; gives the element after those that it is about."""
    if step[OP] == "CopyList":
        end = at + _count(step)
        taken = _taken(values, at, end, conflicts)
        after += taken
        conflicts += [None] * len(taken)
        return end
    if step[OP] == "SwapList":
        expected = _list(step, BEFORE)
        for place, each in enumerate(expected):
            found = values[at + place] if at + place < len(values) else None
            _or_conflict(partial(_expect, each, found), conflicts)
        after += _list(step, AFTER)
        return at + len(expected)
    if step[OP] == "PatchList":
        patches = _list(step, "@patch")
        for place, each in enumerate(patches):
            found = values[at + place] if at + place < len(values) else None
            after.append(_or_conflict(partial(patched, found, each), conflicts))
        return at + len(patches)
    raise NoPatch(f"{step[OP]} is no operation of a list")


def _taken(values: Sequence[Json], at: int, end: int, conflicts: list[Json]) -> Sequence[Json]:
    if end > len(values):
        conflicts.append({OP: "Conflict", "@expected": end, "@found": len(values)})
    return values[at:end]


def _expect(expected: Json, found: Json) -> Json:
    if encode(expected) != encode(found):
        raise Conflicting({OP: "Conflict", "@expected": expected, "@found": found})
    return found


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
