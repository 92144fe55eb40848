"""Rounds of faults: one process of the platform and what happens to it, drawn by a seed."""

import os
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, product

from support.links import Cut, Links
from support.platform import Platform

SEED_VARIABLE = "FAULT_SEED"
_SHORT_S = (0.1, 1.5)
_LONG_S = (10.5, 12.0)
_LONG_EVERY = 10


class Fault(StrEnum):
    """What happens to a process: the last three cut its links to others, as `Cut` says."""

    KILLED = "killed"
    STOPPED = "stopped"
    REFUSED = "refused"
    SILENT = "silent"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Round:
    """One process, one fault, and how long it lasts at least."""

    number: int
    process: str
    fault: Fault
    held_s: float

    def __str__(self) -> str:
        return f"round {self.number}: {self.process} {self.fault}"


def given_seed() -> int:
    """The seed of the environment's FAULT_SEED, else a new one."""
    given = os.environ.get(SEED_VARIABLE, "")
    return int(given) if given else secrets.randbelow(2**32)


def drawn_rounds(processes: Sequence[str], numbers: range, seed: int) -> list[Round]:
    """The rounds of these numbers, from 1.

    Every pair of a process and a fault comes once, in random order, before any comes again.

    One round in ten lasts longer than any call of one service to another may.
    """
    draw = random.Random(seed)
    pairs = islice(_pairs(processes, draw), numbers.stop - 1)
    every = [Round(number, *pair, held_s=_duration_s(number, draw)) for number, pair in enumerate(pairs, start=1)]
    return every[numbers.start - 1 :]


def _duration_s(number: int, draw: random.Random) -> float:
    return draw.uniform(*(_SHORT_S if number % _LONG_EVERY else _LONG_S))


def _pairs(processes: Sequence[str], draw: random.Random) -> Iterator[tuple[str, Fault]]:
    every = list(product(processes, Fault))
    while True:
        yield from draw.sample(every, k=len(every))


def inflict(platform: Platform, links: Links, each: Round) -> Callable[[], None]:
    """Let the fault happen; gives what undoes it."""
    match each.fault:
        case Fault.KILLED:
            platform.kill(each.process)
            return lambda: platform.start(each.process)
        case Fault.STOPPED:
            platform.pause(each.process)
            return lambda: platform.resume(each.process)
        case Fault.REFUSED | Fault.SILENT | Fault.UNANSWERED:
            links.cut(each.process, Cut(each.fault))
            return lambda: links.join(each.process)
