"""Positions of a rollout flag."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared.errors import InvalidInput

_PERCENT = re.compile(r"^(100|[1-9]?[0-9])%$")
_WORDS = {"off": "off", "false": "off", "on": "on", "true": "on", "shadow": "shadow"}
_BUCKETS = 100


class Path(StrEnum):
    """Which implementation serves a call."""

    LEGACY = "legacy"
    SERVICE = "service"


class Mode(StrEnum):
    """Kinds of positions."""

    OFF = "off"
    ON = "on"
    SHADOW = "shadow"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class FlagValue:
    """A position: `off`, `on`, `shadow`, or `percent` of the keys on the service (0 to 100)."""

    mode: Mode
    percent: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `off`, `false`, `on`, `true`, `shadow` or `N%`; InvalidInput for all else."""
        lower = text.strip().lower()
        if match := _PERCENT.match(lower):
            return cls(Mode.PERCENT, int(match[1]))
        if lower not in _WORDS:
            raise InvalidInput("a flag is off, on, shadow or a percentage from 0% to 100%", field="flag")
        return cls(Mode(_WORDS[lower]))

    def __str__(self) -> str:
        return f"{self.percent}%" if self.mode is Mode.PERCENT else self.mode.value

    def path(self, name: str, key: str) -> Path:
        """Who serves the call of that key.

        With a percentage the same key always goes the same way, the way differs between flags, and a key that is on the
        service stays there as the percentage grows. Shadow is served by the legacy path.
        """
        served = self.mode is Mode.ON or (self.mode is Mode.PERCENT and bucket(name, key) < self.percent)
        return Path.SERVICE if served else Path.LEGACY


def bucket(name: str, key: str) -> int:
    """The key's place from 0 to 99 for the flag of that name."""
    digest = hashlib.sha256(name.encode() + b"\0" + key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") * _BUCKETS >> 64
