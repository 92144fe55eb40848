"""What is still to be announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from data_kernel.domain.commits import RefUpdate


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One undelivered ref update.

    `sequence` orders all entries of the store. `next_ordinal` is the first document event not yet delivered (0: the
    commit's own event), `attempts` counts refusals, `dead` tells that it was given up.
    """

    sequence: int
    update: RefUpdate
    attempts: int = 0
    next_ordinal: int = 0
    dead: bool = False
    last_error: str = ""
    retry_at: datetime | None = None


class Outbox(Protocol):
    """Ref updates that are still to be announced, in the store's own transactions."""

    async def pending(self, after: int = 0, limit: int = 100) -> list[OutboxEntry]:
        """Entries neither delivered nor dead, in order."""

    async def delivered(self, sequences: Sequence[int]) -> None:
        """The entries are announced; forget them."""

    async def progressed(self, sequence: int, next_ordinal: int) -> None:
        """A part of the entry is announced."""

    async def refused(self, sequence: int, error: str, retry_at: datetime | None) -> None:
        """Count a refusal; `retry_at` `None` gives the entry up (dead letter)."""

    async def dead_letters(self, limit: int = 100) -> list[OutboxEntry]:
        """Entries that were given up."""

    async def revive(self, sequence: int) -> None:
        """Try a dead entry again."""

    async def depth(self) -> tuple[int, float]:
        """How many entries are undelivered, and the age of the oldest in seconds."""
