"""Rounds of each kind of fault, each drawn by the run's seed and its own number, so that it can be drawn again."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Protocol

from data_kernel_testing.faults.bit_flips import BitFlips
from data_kernel_testing.faults.checking import Damage
from data_kernel_testing.faults.full_disk import FullDisk
from data_kernel_testing.faults.killed_collections import KilledCollections
from data_kernel_testing.faults.killing import Killing
from data_kernel_testing.faults.power_cuts import PowerCuts


class Fault(Protocol):
    """One kind of fault."""

    async def round(self, random: Random) -> None:
        """Let the fault happen once; `Damage` where the store did not stand it."""


FAULTS: dict[str, Callable[[Path], Fault]] = {
    "process killed": Killing,
    "collection killed": KilledCollections,
    "power lost": PowerCuts,
    "disk full": FullDisk,
    "bit flipped": BitFlips,
}
"""The kinds, each made with a folder that it may use."""


async def run_rounds(
    kind: str, folder: Path, seed: int, count: int, on_round: Callable[[int], None] = lambda _: None
) -> None:
    """Run so many rounds of a kind, and tell after each how many are done; `Damage` names the round and the seed."""
    fault = FAULTS[kind](folder)
    for number in range(count):
        try:
            await fault.round(Random(f"{seed}/{kind}/{number}"))
        except Damage as damage:
            raise Damage(f"{kind}, round {number} of seed {seed}: {damage}") from damage
        on_round(number + 1)
