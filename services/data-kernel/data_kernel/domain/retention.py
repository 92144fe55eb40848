"""What is kept although no branch needs it, what is not kept although one does, and what a collection tells."""

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

US: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long commits are kept in a database.

    `unattached` is the age up to which a commit is kept that no branch or tag has among its ancestors, and up to which
    the heads in a ref log are. `horizons` are patterns of branch names with the age beyond which a matching branch's
    history is cut, its head excepted; the first that matches counts, and what none matches is kept for ever.
    """

    unattached: timedelta
    horizons: tuple[tuple[str, timedelta], ...] = ()

    def history_from_us(self, branch: str, now_us: int) -> int:
        """From when on the ancestors of the branch's heads are kept."""
        horizon = self._horizon(branch)
        return 0 if horizon is None else now_us - horizon // US

    def young_from_us(self, branch: str, now_us: int) -> int:
        """From when on a commit or a head of the branch is kept for its age alone."""
        horizon = self._horizon(branch)
        return now_us - (self.unattached if horizon is None else min(self.unattached, horizon)) // US

    def _horizon(self, branch: str) -> timedelta | None:
        return next((age for pattern, age in self.horizons if fnmatchcase(branch, pattern)), None)


@dataclass(frozen=True, slots=True)
class Collected:
    """What was taken out of a database, or would be: `versions` of documents, and the bytes of all the rows."""

    commits: int
    nodes: int
    versions: int
    size_bytes: int
