"""The move out of the monolith, as it stands."""

from dataclasses import dataclass

from oms.application.ports import FlagState, MigrationBoard
from oms.application.rollout import NextStep, next_step


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """Every flag in rollout order, and the next step."""

    flags: tuple[FlagState, ...]
    next: NextStep


class Migration:
    """Tells how far the rollout is."""

    def __init__(self, board: MigrationBoard) -> None:
        self._board = board

    def report(self) -> MigrationReport:
        """The present state."""
        states = tuple(self._board.states())
        return MigrationReport(states, next_step({each.name: each.value for each in states}))
