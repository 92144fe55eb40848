"""Work beside the requests: it ends with the block, and its failure is not silent."""

import asyncio

from shared.background import background


async def test_it_runs_while_the_block_does_and_not_longer() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with background("work", work()):
        await began.wait()
        assert not ended.is_set()
    assert ended.is_set()


async def test_a_failure_is_told() -> None:
    failed = asyncio.Event()

    async def work() -> None:
        raise ValueError("broken")

    async with background("work", work(), on_failure=failed.set):
        await asyncio.wait_for(failed.wait(), 5)
