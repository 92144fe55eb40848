"""`kill -9` of every process in turn under a writing client: what was acknowledged is there, and was announced."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pytest
from support.broker import stored_events
from support.platform import Platform
from support.waiting import eventually

WRITES_BETWEEN_KILLS = 15
NOTE = {
    "name": "Note",
    "primaryKey": ["key"],
    "properties": [{"name": "key", "baseType": "string", "required": True}],
}
# What a client may see while something is away. 409: an attempt whose answer was lost had succeeded.
PASSING = {409, 503, 504}


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(tmp_path_factory.mktemp("kills")) as started:
        started.wait_ready()
        yield started


@dataclass
class Writer:
    """Writes one object after the other, each until it is acknowledged, and remembers the commits."""

    oms_url: str
    headers: dict[str, str]
    commits: dict[str, str] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    slowest_s: float = 0.0
    stopping: bool = False

    async def run(self) -> None:
        async with httpx2.AsyncClient(base_url=self.oms_url, headers=self.headers, timeout=30) as client:
            number = 0
            while not self.stopping:
                number += 1
                await self._write(client, f"{number:06}")

    async def _write(self, client: httpx2.AsyncClient, key: str) -> None:
        # One key for all attempts: a repeated one answers what the first was answered.
        headers = {"Idempotency-Key": key}
        while not self.stopping:
            began_s = asyncio.get_running_loop().time()
            try:
                answer = await client.post("/api/v1/objects/Note", json={"key": key}, headers=headers)
            except httpx2.TransportError:
                continue  # OMS itself is away
            finally:
                self.slowest_s = max(self.slowest_s, asyncio.get_running_loop().time() - began_s)
                await asyncio.sleep(0.005)
            self.statuses.add(answer.status_code)
            if answer.status_code == 201:
                self.commits[key] = answer.json()["commit"]
                return
            assert answer.status_code in PASSING, answer.text


async def test_nothing_acknowledged_is_lost(platform: Platform) -> None:
    writer = Writer(platform.oms_url, platform.authorization())
    async with httpx2.AsyncClient(base_url=platform.oms_url, headers=platform.authorization()) as alice:
        (await alice.post("/api/v1/object-types", json=NOTE)).raise_for_status()
    writing = asyncio.create_task(writer.run())
    for name in ("data-kernel", "event-gateway", "nats", "oms"):
        await progress(writer, writing)
        platform.kill(name)
        if name in {"event-gateway", "nats"}:
            await progress(writer, writing)  # without them, writing goes on
        platform.start(name)
        await eventually(lambda name=name: platform.is_ready(name), 60, what=f"readiness of {name}")
    await progress(writer, writing)
    writer.stopping = True
    await writing

    assert writer.statuses <= {201, *PASSING}
    assert writer.slowest_s < 15
    await every_commit_is_there(platform, writer)
    await every_event_was_announced_in_order(platform, writer)


async def progress(writer: Writer, writing: "asyncio.Task[None]") -> None:
    """Wait until some more writes were acknowledged."""
    wanted = len(writer.commits) + WRITES_BETWEEN_KILLS
    await eventually(lambda: writing.done() or len(writer.commits) >= wanted, 60, what="acknowledged writes")
    if writing.done():
        await writing


async def every_commit_is_there(platform: Platform, writer: Writer) -> None:
    async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization()) as alice:
        in_log: set[str] = set()
        page = {"commits": [], "next_page_token": ""}
        while True:
            query = {"count": 1000, "page_token": page["next_page_token"]}
            page = (await alice.get("/db/oms/log", params=query)).raise_for_status().json()
            in_log |= {commit["id"] for commit in page["commits"]}
            if not page.get("next_page_token"):
                break
        assert set(writer.commits.values()) <= in_log
        for key, commit in writer.commits.items():
            read = await alice.get(f"/db/oms/doc/Note/{key}", params={"rev": commit})
            assert (read.status_code, read.json()["key"]) == (200, key)


async def every_event_was_announced_in_order(platform: Platform, writer: Writer) -> None:
    async def outbox_is_empty() -> bool:
        async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization("admin")) as admin:
            return bool((await admin.get("/admin/outbox")).json()["depth"] == 0)

    await eventually(outbox_is_empty, 60, what="an empty outbox")

    async def all_are_stored() -> list[tuple[int, str]] | None:
        announced = [
            (int(event.get_data()["number"]), event.get_id())
            for event in await stored_events(platform.nats_url)
            if event.get_type() == "io.oms.document.created.v1"
        ]
        return announced if len(announced) >= len(writer.commits) else None

    # What the gateway had only queued comes when it has drained its spool.
    announced = await eventually(all_are_stored, 60, what="every event in the broker")
    assert len({event_id for _, event_id in announced}) == len(announced), "no event is stored twice"
    numbers = [number for number, _ in announced]
    assert numbers == sorted(numbers), "events keep the order of their commits"
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no event is missing"
