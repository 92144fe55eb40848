"""The relay: announces what the outbox holds, in order for each branch, until the broker or its gateway has it.

Each branch with undelivered entries has a *lane*, worked on by a task of its own, so that one branch's trouble never
holds up another. Events may be announced twice (after a crash, the last ones are); their ids tell.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from opentelemetry.trace import SpanKind, Tracer, set_span_in_context

from data_kernel.application.announcing import Announcer
from data_kernel.application.ports import DocumentStore, EventSink, Outbox, OutboxEntry
from data_kernel.application.relay_metrics import RelayMetrics
from data_kernel.domain.branches import KERNEL_DATABASE
from data_kernel.domain.commits import RefCause
from shared.errors import OmsError, Reason
from shared.telemetry import names, span_from_traceparent

TRANSIENT = {
    Reason.UNAVAILABLE,
    Reason.DEADLINE_EXCEEDED,
    Reason.RATE_LIMITED,
    # A key that is being rotated, or a gateway that does not know it yet: no fault of the event.
    Reason.UNAUTHENTICATED,
    Reason.FORBIDDEN,
}
PROGRESS_EVERY = 100
"""Document events after which an entry's progress is kept, so that a restart does not announce a large one anew."""

_log = structlog.get_logger(__name__)
_Partition = tuple[str, str]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """How the relay tries: `max_refusals` before an entry is a dead letter, back-off between the two delays (doubling,
    with jitter), and `window` entries in memory at a time."""

    max_refusals: int = 8
    first_delay_s: float = 0.1
    longest_delay_s: float = 30.0
    window: int = 1000
    observe_every_s: float = 5.0

    def delay_s(self, attempt: int, at_least_s: float | None = None) -> float:
        """The wait after the `attempt`-th failure in a row, from 1."""
        delay_s = min(self.longest_delay_s, self.first_delay_s * 2.0 ** min(attempt - 1, 16))
        jittered_s = delay_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, protects nothing
        return max(jittered_s, at_least_s or 0.0)


@dataclass(slots=True)
class _Lane:
    """The undelivered entries of one branch, and whether its next event must wait for the gateway."""

    entries: deque[OutboxEntry] = field(default_factory=deque)
    gateway_only: bool = False


@dataclass(slots=True)
class _Attempt:
    """How far the announcing of one entry has come: failures in a row, and refusals in all."""

    next_ordinal: int
    refusals: int
    failures: int = 0

    def advance(self, ordinal: int) -> None:
        self.next_ordinal = ordinal + 1
        self.failures = 0


class Relay:
    """Runs until it is cancelled; `retry` gives a dead letter another chance."""

    def __init__(
        self,
        store: DocumentStore,
        outbox: Outbox,
        sink: EventSink,
        announcer: Announcer,
        metrics: RelayMetrics,
        tracer: Tracer,
        policy: RelayPolicy | None = None,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._sink = sink
        self._announcer = announcer
        self._metrics = metrics
        self._tracer = tracer
        self._policy = policy or RelayPolicy()
        self._lanes: dict[_Partition, _Lane] = {}
        self._window = asyncio.Semaphore(self._policy.window)
        self._announced: asyncio.Queue[int] = asyncio.Queue()
        self._revived: asyncio.Queue[OutboxEntry] = asyncio.Queue()

    async def run(self) -> None:
        """Announce what is there and what comes."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forget_announced())
            group.create_task(self._take_revived(group))
            group.create_task(self._observe())
            await self._take_new(group)

    async def retry(self, sequence: int) -> None:
        """Take a dead letter up again; `NotFound` where there is none of that number."""
        await self._outbox.revive(sequence)
        for entry in await self._outbox.pending(after=sequence - 1, limit=1):
            if entry.sequence == sequence:
                await self._revived.put(entry)

    # taking entries up

    async def _take_new(self, group: asyncio.TaskGroup) -> None:
        last_taken, seen = 0, 0
        while True:
            entries = await self._insist(partial(self._outbox.pending, last_taken))
            if not entries:
                seen = await self._store.wait_for_movement(seen)
            for entry in entries:
                await self._window.acquire()
                self._enqueue(group, entry)
                last_taken = entry.sequence

    async def _take_revived(self, group: asyncio.TaskGroup) -> None:
        while True:
            entry = await self._revived.get()
            await self._window.acquire()
            self._enqueue(group, entry)

    def _enqueue(self, group: asyncio.TaskGroup, entry: OutboxEntry) -> None:
        partition = (entry.update.database, entry.update.branch)
        lane = self._lanes.get(partition)
        if lane is None:
            lane = self._lanes[partition] = _Lane()
            group.create_task(self._work(partition, lane))
        lane.entries.append(entry)

    async def _work(self, partition: _Partition, lane: _Lane) -> None:
        while lane.entries:
            await self._deliver(lane, lane.entries[0])
            lane.entries.popleft()
            self._window.release()
        del self._lanes[partition]

    # delivering one entry

    async def _deliver(self, lane: _Lane, entry: OutboxEntry) -> None:
        attempt = _Attempt(entry.next_ordinal, entry.attempts)
        # What the kernel notes in its own database is nobody else's business.
        while entry.update.cause is RefCause.COMMIT and entry.update.database != KERNEL_DATABASE:
            try:
                await self._announce(lane, entry, attempt)
                break
            except OmsError as error:
                attempt.failures += 1
                if error.reason not in TRANSIENT and not await self._refused(entry, attempt, error):
                    return
                await self._back_off(attempt.failures, error)
        await self._announced.put(entry.sequence)

    async def _announce(self, lane: _Lane, entry: OutboxEntry, attempt: _Attempt) -> None:
        update = entry.update
        parent = span_from_traceparent(update.traceparent)
        with self._tracer.start_as_current_span(
            "outbox relay",
            context=set_span_in_context(parent) if parent else None,
            kind=SpanKind.INTERNAL,
            attributes={names.OMS_DATABASE: update.database, names.OMS_BRANCH: update.branch},
        ):
            async with aclosing(self._announcer.events(update, attempt.next_ordinal)) as events:
                async for ordinal, event in events:
                    in_broker = await self._sink.publish(event, gateway_only=lane.gateway_only)
                    lane.gateway_only = not in_broker
                    self._metrics.published(event.type, queued=not in_broker)
                    attempt.advance(ordinal)
                    if ordinal and ordinal % PROGRESS_EVERY == 0:
                        await self._outbox.progressed(entry.sequence, attempt.next_ordinal)

    async def _refused(self, entry: OutboxEntry, attempt: _Attempt, error: OmsError) -> bool:
        """Count a refusal; false once the entry is given up."""
        attempt.refusals += 1
        give_up = attempt.refusals >= self._policy.max_refusals
        delay = timedelta(seconds=self._policy.delay_s(attempt.refusals))
        retry_at = None if give_up else datetime.now(UTC) + delay
        await self._insist(partial(self._outbox.refused, entry.sequence, error.detail, retry_at))
        if give_up:
            self._metrics.dead_letter()
            _log.error(
                "outbox_dead_letter",
                sequence=entry.sequence,
                database=entry.update.database,
                commit=entry.update.new_head,
                reason=error.reason,
                detail=error.detail,
            )
        return not give_up

    # keeping the outbox short

    async def _forget_announced(self) -> None:
        while True:
            sequences = [await self._announced.get()]
            while not self._announced.empty():
                sequences.append(self._announced.get_nowait())
            await self._insist(partial(self._outbox.delivered, sequences))

    async def _observe(self) -> None:
        while True:
            depth, oldest_age_s = await self._insist(self._outbox.depth)
            self._metrics.observed(depth, oldest_age_s)
            await asyncio.sleep(self._policy.observe_every_s)

    async def _insist(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Ask the store until it answers: a full disk passes, and nothing may be forgotten meanwhile."""
        failures = 0
        while True:
            try:
                return await call()
            except OmsError as error:
                failures += 1
                await self._back_off(failures, error)

    async def _back_off(self, failures: int, error: OmsError) -> None:
        delay_s = self._policy.delay_s(failures, error.retry_after_s)
        self._metrics.failed(error.reason)
        _log.warning("relay_backs_off", reason=error.reason, detail=error.detail, delay_s=round(delay_s, 3))
        await asyncio.sleep(delay_s)
