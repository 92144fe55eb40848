"""Faults at drawn moments: nothing acknowledged is lost, nothing half is there. `make chaos` draws very many anew."""

from random import Random

import pytest
from data_kernel_testing.faults.checking import Damage
from data_kernel_testing.faults.full_disk import FullDisk
from data_kernel_testing.faults.power_cuts import PowerCuts
from data_kernel_testing.faults.rounds import FAULTS, run_rounds

ROUNDS, LONG_ROUNDS = 20, 200
SEED = 20261121


@pytest.mark.parametrize("kind", FAULTS)
async def test_the_store_stands_the_fault(kind, tmp_path):
    await run_rounds(kind, tmp_path, SEED, ROUNDS)


@pytest.mark.long
@pytest.mark.parametrize("kind", FAULTS)
async def test_the_store_stands_the_fault_at_many_moments(kind, tmp_path):
    await run_rounds(kind, tmp_path, SEED + 1, LONG_ROUNDS)


async def test_a_disk_that_does_not_sync_the_log_is_found_out(tmp_path):
    lying = PowerCuts(tmp_path, skips_log_syncs=True)
    found = 0
    for number in range(5):
        try:
            await lying.round(Random(number))
        except Damage:
            found += 1
    # One of them may be lucky in what it loses, but never all.
    assert found >= 3


@pytest.mark.parametrize("groups_before", [0, 3])
async def test_the_disk_may_be_full_at_every_write(groups_before, tmp_path):
    disk = FullDisk(tmp_path)
    refused = [await disk.fill(after, groups_before) for after in range(40)]
    assert min(refused) > 0
    # The more the disk takes, the fewer commits it refuses: the writes were met one after another.
    assert refused == sorted(refused, reverse=True)
