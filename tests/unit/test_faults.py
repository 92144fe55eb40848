"""The draw of the fault rounds."""

from collections import Counter

import pytest
from support.faults import Fault, drawn_rounds

PROCESSES = tuple(f"process-{number}" for number in range(8))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_a_hundred_rounds_have_every_pair_twice_or_more(seed: int) -> None:
    counts = Counter((each.process, each.fault) for each in drawn_rounds(PROCESSES, range(1, 101), seed))
    assert set(counts) == {(process, fault) for process in PROCESSES for fault in Fault}
    assert set(counts.values()) == {2, 3}


def test_a_part_of_the_rounds_is_that_part_of_all() -> None:
    every = drawn_rounds(PROCESSES, range(1, 101), 7)
    assert every == drawn_rounds(PROCESSES, range(1, 41), 7) + drawn_rounds(PROCESSES, range(41, 101), 7)
    assert every != drawn_rounds(PROCESSES, range(1, 101), 8)
