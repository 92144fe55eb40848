"""What both sides of a merge did to the same place, and who is to prevail there."""

from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """Whose edit holds where both sides made one; everywhere else both sides' edits hold.

    With `manual` nobody's does: the place stays as it was at the base, and the conflict is for a person.
    """

    MANUAL = "manual"
    OURS = "ours"
    THEIRS = "theirs"


class Side(StrEnum):
    """What one side did to the place."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ConflictingEdit:
    """A place that both sides edited differently.

    `path` leads from the document's root by property names, ids of subdocuments in a Set, and keys of JSON objects; it
    is empty for the document as a whole.
    """

    path: tuple[str, ...]
    ours: Side
    theirs: Side

    @property
    def mirrored(self) -> "ConflictingEdit":
        """The same conflict as the other side sees it."""
        return ConflictingEdit(self.path, self.theirs, self.ours)
