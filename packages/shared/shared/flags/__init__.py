"""Rollout flags: which implementation serves a call, decided call by call."""

from shared.flags.flags import FLAG_NAMES, Flags
from shared.flags.value import FlagValue, Mode, Path

__all__ = ["FLAG_NAMES", "FlagValue", "Flags", "Mode", "Path"]
