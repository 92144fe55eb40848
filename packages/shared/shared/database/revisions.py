"""Texts that name a state."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.errors import InvalidInput

_BEGINS_AS_TIME = re.compile(r"\d{4}-")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class NamedState:
    """A branch (empty: the default one) at its head or at a time in UTC; or a commit or a tag, which need no branch."""

    branch: str = ""
    commit: str = ""
    time: datetime | None = None
    tag: str = ""


def named_state(rev: str | None, branch: str | None) -> NamedState:
    """Read a `rev`: a time begins with a year and `-`, all else is a commit. InvalidInput for a bad time."""
    if not rev:
        return NamedState(branch=branch or "")
    if not _BEGINS_AS_TIME.match(rev):
        return NamedState(commit=rev)
    try:
        time = datetime.fromisoformat(rev).astimezone(UTC) if _TIME.fullmatch(rev) else None
    except (ValueError, OverflowError):
        time = None
    if time is None:
        raise InvalidInput("a time is RFC 3339 with an offset, such as 2026-01-31T12:00:00Z", field="rev")
    return NamedState(branch=branch or "", time=time)
