"""Operations of a difference."""

from collections.abc import Sequence
from typing import TypeAlias

from shared.canonical import Json

OP = "@op"
BEFORE, AFTER, REST = "@before", "@after", "@rest"
Object: TypeAlias = dict[str, Json]


def swap_value(before: Json, after: Json) -> Object:
    """One value in place of another; `None` is absence."""
    return {OP: "SwapValue", BEFORE: before, AFTER: after}


def swap_list(before: Sequence[Json], after: Sequence[Json], rest: Json) -> Object:
    """Elements in place of others."""
    return {OP: "SwapList", BEFORE: list(before), AFTER: list(after), REST: rest}


def patch_list(patches: Sequence[Json], rest: Json) -> Object:
    """As many elements as there are patches, each patched."""
    return {OP: "PatchList", "@patch": list(patches), REST: rest}


def copy_list(kept: Sequence[Json], rest: Json, *, shows_values: bool) -> Object:
    """The first elements stay."""
    shown: Object = {"@value": list(kept)} if shows_values else {}
    return {OP: "CopyList", "@to": len(kept), **shown, REST: rest}


def keep_list(kept: Sequence[Json], *, shows_values: bool) -> Object:
    """The elements that are left stay."""
    return {OP: "KeepList", **({"@value": list(kept)} if shows_values and kept else {})}
