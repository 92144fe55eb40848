"""What a row gives: figures, each with its target where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `target` is the least (`at_least`) or the most that it should be; `None`: only told."""

    row: str
    what: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = True
    spread: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; `None` where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def ratio(row: str, what: str, over: Sequence[float], under: Sequence[float], target: float | None = None) -> Figure:
    """The median of the quotients of rounds run in turn, which holds when the machine's speed drifts."""
    quotients = sorted(above / below for above, below in zip(over, under, strict=True))
    spread = f"{quotients[0]:.2f} to {quotients[-1]:.2f}"
    return Figure(row, what, median(quotients), "x", target, spread=spread)


def middle(
    row: str, what: str, values: Sequence[float], unit: str, target: float | None = None, *, at_least: bool = True
) -> Figure:
    """The median of several runs."""
    return Figure(row, what, median(values), unit, target, at_least, f"{min(values):.4g} to {max(values):.4g}")
