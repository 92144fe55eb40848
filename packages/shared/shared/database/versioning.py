"""What moves of branches take and answer, on every transport."""

from dataclasses import dataclass
from enum import StrEnum

from shared.database.interfaces import ChangeKind, CommitInfo, WriteResult
from shared.errors import Violation


class Move(StrEnum):
    """How a branch is moved; `WriteOptions` name the branch, and another state what it is moved by."""

    MERGE = "merge"
    """What the state has and the branch has not, by a fast-forward where one is possible."""
    REBASE = "rebase"
    """The branch's own commits, one by one, behind the state."""
    CHERRY_PICK = "cherry-pick"
    """What the state's commit did."""
    REVERT = "revert"
    """The opposite of what the state's commit did."""
    RESET = "reset"
    """To the state itself."""
    SQUASH = "squash"
    """One commit in the place of all those since the state, or of all that there are."""


class MergeStrategy(StrEnum):
    """Whose edit holds where both sides made one; with `manual` the move is refused with every conflict."""

    MANUAL = "manual"
    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """Where the branch is, and the conflicts in which the strategy took a side."""

    result: WriteResult
    resolved: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge would do: whether nothing is in its way, where both sides edited, what they would break together."""

    is_possible: bool
    conflicts: tuple[Violation, ...]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A name for one commit."""

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class DocumentHistoryEntry:
    """A commit, and what it did to the document."""

    commit: CommitInfo
    kind: ChangeKind
