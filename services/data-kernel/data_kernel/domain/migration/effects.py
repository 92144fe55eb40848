"""What an operation of a migration does to the classes, and to the documents of one of them."""

from collections.abc import Callable
from dataclasses import dataclass

from data_kernel.domain.migration.class_documents import Classes
from shared.canonical import Json

Document = dict[str, Json]
Rewrite = Callable[[Document], Document | None]
"""Makes of a stored document what it is to be, `None` where it goes; `Unconvertible`."""


class Unconvertible(Exception):
    """The value of a property cannot be brought to the type that it is to have."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member
        self.message = message


@dataclass(frozen=True, slots=True)
class Effect:
    """The classes afterwards, and how documents follow.

    `rewrite` is for the documents of the class `subject` (empty: of none), with `inherited` also for those of classes
    below it. `settled` are the properties that have their values in the new type afterwards. The subject's name is then
    `moved_to`, if that is not empty; with `makes_ids` its documents may get other ids.
    """

    classes: Classes
    subject: str = ""
    rewrite: Rewrite = dict
    inherited: bool = True
    settled: frozenset[str] = frozenset()
    moved_to: str = ""
    makes_ids: bool = False


Operation = Callable[[Classes], Effect]
"""One operation, told the classes that it meets; `Impossible`, `NotWeaker`."""
