"""What a verification tells."""

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[str, int, int], None]
"""Told which part is looked at, how much of it is done, and how much there is."""


@dataclass(slots=True)
class Counts:
    """What was looked at.

    Of the commits, `cut` are those with parents beyond a horizon.
    Of the versions, `purged` are those without bytes, and `attested` those whose digest nobody can check any more.
    """

    databases: int = 0
    commits: int = 0
    cut: int = 0
    nodes: int = 0
    versions: int = 0
    attested: int = 0
    purged: int = 0
    ref_updates: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold: the kind of record, the database's number (0: the store itself), where, and what."""

    kind: str
    database: int
    place: str
    what: str

    def __str__(self) -> str:
        where = f"database {self.database}, {self.place}" if self.database else self.place
        return f"{self.kind} ({where}): {self.what}"


class Broken(Exception):
    """Ends a verification with its first fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Report:
    """The first fault, `None` where everything holds, and what was looked at until then."""

    fault: Fault | None
    counts: Counts = field(default_factory=Counts)
