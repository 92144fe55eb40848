"""The running schedule in Redis: a job store of JSON entries, ordered by when their next run starts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from scheduler_service.adapters.redis_keys import Keys
from scheduler_service.application.ports import Entry, Lease
from scheduler_service.domain.documents import moment_text, spec_json, spec_of_json
from shared.canonical import decode, encode
from shared.database.clients.redis_ha import RedisHAClient
from shared.errors import Internal

_log = structlog.get_logger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# KEYS of all: starts, jobs, revisions, put_at, leader. An empty start means that the job does not fire.
_PLACE = """
local function place(job, revision, entry, start)
  redis.call('HSET', KEYS[3], job, revision)
  if start == '' then
    redis.call('ZREM', KEYS[1], job)
    redis.call('HDEL', KEYS[2], job)
  else
    redis.call('HSET', KEYS[2], job, entry)
    redis.call('ZADD', KEYS[1], start, job)
  end
end
"""
_PUT = (
    _PLACE
    + """
local known = tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or '-1')
local time = redis.call('TIME')
redis.call('HSET', KEYS[4], ARGV[1], time[1] * 1000 + math.floor(time[2] / 1000))
if known >= tonumber(ARGV[2]) then return 0 end
place(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
return 1
"""
)
_ADVANCE = (
    _PLACE
    + """
if redis.call('GET', KEYS[5]) ~= ARGV[5] then return 0 end
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then return 0 end
place(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
return 1
"""
)
_REMOVE = """
local put_at = tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or '0')
if ARGV[2] ~= '' and put_at >= tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
for i = 2, 4 do redis.call('HDEL', KEYS[i], ARGV[1]) end
return 1
"""
_DUE = """
local found = {}
for _, job in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  local entry = redis.call('HGET', KEYS[2], job)
  if entry then found[#found + 1] = {job, entry} else redis.call('ZREM', KEYS[1], job) end
end
return found
"""


class RedisSchedule:
    """`Schedule` in Redis; a change is one script, so that no reader sees half of it."""

    def __init__(self, client: RedisHAClient, keys: Keys) -> None:
        self._client = client
        self._redis = client.redis
        self._keys = keys
        self._all_keys = [keys.starts, keys.jobs, keys.revisions, keys.put_at, keys.leader]
        self._put, self._advance, self._remove, self._due = map(
            self._redis.register_script, (_PUT, _ADVANCE, _REMOVE, _DUE)
        )

    async def is_built(self) -> bool:
        """As `Schedule.is_built`."""
        return bool(await self._client.ask(self._redis.exists(self._keys.built)))

    async def mark_built(self) -> None:
        """As `Schedule.mark_built`."""
        await self._client.ask(self._redis.set(self._keys.built, "1"))

    async def put(self, entry: Entry) -> bool:
        """As `Schedule.put`."""
        return bool(await self._run(self._put, *_placed(entry)))

    async def hold(self, job_id: str, revision: int) -> bool:
        """As `Schedule.hold`."""
        return bool(await self._run(self._put, job_id, revision, "", ""))

    async def remove(self, job_id: str) -> None:
        """As `Schedule.remove`."""
        await self._run(self._remove, job_id, "")

    async def known(self) -> Mapping[str, int]:
        """As `Schedule.known`."""
        found = await self._client.ask(self._redis.hgetall(self._keys.revisions))
        return {job_id.decode(): int(revision) for job_id, revision in found.items()}

    async def remove_unless_put_since(self, job_id: str, since_ms: int) -> None:
        """As `Schedule.remove_unless_put_since`."""
        await self._run(self._remove, job_id, since_ms)

    async def clock_ms(self) -> int:
        """As `Schedule.clock_ms`."""
        seconds, microseconds = await self._client.ask(self._redis.time())
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def due(self, now: datetime, limit: int) -> list[Entry]:
        """As `Schedule.due`."""
        entries: list[Entry] = []
        for job_id, text in await self._run(self._due, to_ms(now), limit):
            try:
                entries.append(_entry(text))
            except Internal as error:
                # It must not stand in the way of the others; the next comparison with the kernel puts it anew.
                _log.error("entry_not_readable", job=job_id.decode(), detail=error.detail)
                await self.remove(job_id.decode())
        return entries

    async def next_start(self) -> datetime | None:
        """As `Schedule.next_start`."""
        first = await self._client.ask(self._redis.zrange(self._keys.starts, 0, 0, withscores=True))
        return from_ms(first[0][1]) if first else None

    async def next_starts(self, job_ids: Sequence[str]) -> list[datetime | None]:
        """As `Schedule.next_starts`."""
        if not job_ids:
            return []
        scores = await self._client.ask(self._redis.zmscore(self._keys.starts, list(job_ids)))
        return [None if score is None else from_ms(score) for score in scores]

    async def advance(self, entry: Entry, following: Entry | None, lease: Lease) -> bool:
        """As `Schedule.advance`."""
        placed = _placed(following) if following is not None else (entry.job_id, entry.revision, "", "")
        return bool(await self._run(self._advance, *placed, f"{lease.holder} {lease.token}"))

    async def _run(self, script: Any, *args: Any) -> Any:
        return await self._client.ask(script(keys=self._all_keys, args=list(args)))


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(score: float) -> datetime:
    """The moment of so many milliseconds since 1970."""
    return _EPOCH + int(score) * _MILLISECOND


def _placed(entry: Entry) -> tuple[str, int, bytes, int]:
    text = encode(
        {
            "job_id": entry.job_id,
            "revision": entry.revision,
            "slot": moment_text(entry.slot),
            "start": moment_text(entry.start),
            "spec": spec_json(entry.spec),
        }
    )
    return entry.job_id, entry.revision, text, to_ms(entry.start)


def _entry(text: bytes) -> Entry:
    read: Any = decode(text, field="entry")
    return Entry(
        job_id=read["job_id"],
        revision=read["revision"],
        spec=spec_of_json(read["spec"]),
        slot=datetime.fromisoformat(read["slot"]),
        start=datetime.fromisoformat(read["start"]),
    )
