"""What the verification of both kinds of tokens has in common."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jwt

LEEWAY_S = 5
MAX_TOKEN_CHARS = 8192
"""Longer texts are refused unparsed; all metadata together may have 8 KB."""

MALFORMED = (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, RecursionError)
"""What PyJWT raises for tokens that are not what they should be, odd claims and deep nesting among them."""

_KEPT_TOKENS = 1024
_KEPT_S = 60.0

Verified = TypeVar("Verified")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Verified]):
    value: Verified
    until: float


class VerifiedTokens(Generic[Verified]):
    """Remembers what verified tokens said, so that a signature is not checked for every call of one caller.

    An entry lives until the token's `exp`, at most a minute, so that a key that was withdrawn counts no longer; the
    least recently used entry makes room.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry[Verified]] = OrderedDict()

    def get(self, token: str) -> Verified | None:
        """What the token said, or `None` where it has to be verified (again)."""
        entry = self._entries.get(token)
        if entry is None:
            return None
        if time.time() >= entry.until:
            del self._entries[token]
            return None
        self._entries.move_to_end(token)
        return entry.value

    def put(self, token: str, value: Verified, claims: Mapping[str, Any]) -> None:
        """Keep what a token said that has just been verified; `claims` has its `exp`."""
        self._entries[token] = _Entry(value, min(float(claims["exp"]), time.time() + _KEPT_S))
        while len(self._entries) > _KEPT_TOKENS:
            self._entries.popitem(last=False)
