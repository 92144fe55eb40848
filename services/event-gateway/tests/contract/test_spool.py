"""The contract of the spool port, over every implementation."""

import asyncio
import threading
from pathlib import Path

import pytest
from event_gateway_testing.fakes import message

from event_gateway.adapters.spool.sqlite import SqliteSpool
from event_gateway.application.ports import SpoolBrokenError, SpoolFullError, SpoolState
from event_gateway.domain.publication import Message


async def test_keeps_the_order_of_the_calls_per_lane(spool: SqliteSpool) -> None:
    waits = [spool.append(message(n, lane), attempted_at_s=None) for n in range(50) for lane in ("a", "b")]
    assert await asyncio.gather(*waits) == [True] * 100
    for lane in ("a", "b"):
        head = await spool.head(lane, 1000)
        assert [spooled.message for spooled in head] == [message(n, lane) for n in range(50)]
    assert set(spool.lanes()) == {"a", "b"}


async def test_holds_a_lane_from_the_call_until_its_last_removal(spool: SqliteSpool) -> None:
    assert not spool.holds("a")
    wait = spool.append(message(1), attempted_at_s=None)
    assert spool.holds("a")
    assert not spool.holds("b")
    await wait
    [spooled] = await spool.head("a", 10)
    assert spool.holds("a")
    await spool.remove("a", [spooled.number])
    assert not spool.holds("a")
    assert spool.lanes() == ()


async def test_a_message_that_is_there_is_not_kept_twice(spool: SqliteSpool) -> None:
    assert await spool.append(message(1), attempted_at_s=None) is True
    assert await spool.append(message(1), attempted_at_s=5.0) is False
    [spooled] = await spool.head("a", 10)
    assert spooled.attempted_at_s is None
    assert spool.state().events == 1


async def test_the_first_attempt_is_remembered(spool: SqliteSpool) -> None:
    await spool.append(message(1), attempted_at_s=None)
    await spool.append(message(2), attempted_at_s=7.0)
    numbers = [spooled.number for spooled in await spool.head("a", 10)]
    await spool.mark_attempted(numbers, 9.0)
    assert [spooled.attempted_at_s for spooled in await spool.head("a", 10)] == [9.0, 7.0]


async def test_another_process_finds_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    first = SqliteSpool(path, max_events=10, max_bytes=10_000, now_s=lambda: 100.0)
    await first.load()
    await asyncio.gather(*(first.append(message(n), attempted_at_s=3.0) for n in range(3)))
    state = first.state()
    await first.close()
    second = SqliteSpool(path, max_events=10, max_bytes=10_000)
    await second.load()
    try:
        assert second.state() == state == SpoolState(3, 3 * message(1).size_bytes, 100.0)
        assert [spooled.message for spooled in await second.head("a", 10)] == [message(n) for n in range(3)]
        assert second.holds("a")
    finally:
        await second.close()


async def test_a_second_owner_is_refused(tmp_path: Path, spool: SqliteSpool) -> None:
    await spool.append(message(1), attempted_at_s=None)
    with pytest.raises(SpoolBrokenError):
        SqliteSpool(tmp_path / "spool.sqlite", max_events=10, max_bytes=10_000)


async def test_is_full_at_its_limits_and_takes_more_after_a_removal(tmp_path: Path) -> None:
    by_count = SqliteSpool(tmp_path / "count.sqlite", max_events=2, max_bytes=10_000)
    by_bytes = SqliteSpool(tmp_path / "bytes.sqlite", max_events=100, max_bytes=2 * message(1).size_bytes)
    for small in (by_count, by_bytes):
        await asyncio.gather(*(small.append(message(n), attempted_at_s=None) for n in (1, 2)))
        with pytest.raises(SpoolFullError):
            small.append(message(3), attempted_at_s=None)
        head = await small.head("a", 1)
        await small.remove("a", [head[0].number])
        assert await small.append(message(3), attempted_at_s=None) is True
        await small.close()


async def test_a_cancelled_wait_leaves_the_count_right(spool: SqliteSpool) -> None:
    wait = asyncio.ensure_future(spool.append(message(1), attempted_at_s=None))
    await asyncio.sleep(0)
    wait.cancel()
    await spool.probe()
    assert spool.state().events == len(await spool.head("a", 10)) == 1


async def test_a_closed_spool_says_so(tmp_path: Path) -> None:
    closed = SqliteSpool(tmp_path / "spool.sqlite", max_events=2, max_bytes=10_000)
    await closed.close()
    with pytest.raises(SpoolBrokenError):
        await closed.append(message(1), attempted_at_s=None)
    with pytest.raises(SpoolBrokenError):
        await closed.probe()
    assert closed.state().events == 0


async def test_waits_until_filled(spool: SqliteSpool) -> None:
    waiting = asyncio.create_task(spool.wait_filled())
    await asyncio.sleep(0)
    assert not waiting.done()
    await spool.append(message(1), attempted_at_s=None)
    await asyncio.wait_for(waiting, 5)
    assert spool.state().oldest_at_s is not None


async def test_a_full_disk_is_said_and_what_was_kept_stays(spool: SqliteSpool) -> None:
    await spool.append(message(1), attempted_at_s=None)
    # SQLite answers a full disk and a full page count in the same way.
    pages = await spool._writer.submit(lambda db: db.execute("PRAGMA page_count").fetchone())
    await spool._writer.submit(lambda db: db.execute(f"PRAGMA max_page_count = {pages[0]}").fetchall())
    large = Message("OMS_EVENTS", "oms.a.b", "large", b"x" * 100_000)
    with pytest.raises(SpoolBrokenError):
        await spool.append(large, attempted_at_s=None)
    assert spool.state().events == len(await spool.head("a", 10)) == 1
    assert not spool.holds("b")
    await spool._writer.submit(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchall())
    assert await spool.append(large, attempted_at_s=None)


async def test_a_writer_that_dies_leaves_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    broken = SqliteSpool(tmp_path / "spool.sqlite", max_events=2, max_bytes=10_000)

    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(SpoolBrokenError):
        await asyncio.wait_for(broken._writer.submit(fail), 5)
    with pytest.raises(SpoolBrokenError):
        await asyncio.wait_for(broken.probe(), 5)
    await broken.close()
