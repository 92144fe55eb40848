"""One telling of the story: what its steps share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from examples.demo.corpus import Corpus
from examples.demo.narration import Narrator
from examples.demo.platform import Platform


@dataclass(slots=True)
class Run:
    """`id` is unlike that of any other run, and stands in the names of what the run leaves behind."""

    id: str
    platform: Platform
    narrator: Narrator
    corpus: Corpus
    commits: list[str] = field(default_factory=list)
    """The commits that the story's steps have made, in order."""

    @property
    def branch(self) -> str:
        """The branch that this run works on."""
        return f"dev/oms/demo-{self.id}"


@dataclass(frozen=True, slots=True)
class Step:
    """One chapter. `tell` gives the one line that stands in the summary; it raises StepFailed or an OmsError."""

    title: str
    shows: str
    tell: Callable[[Run], Awaitable[str]]
