"""Follows the ontology's objects: what changes there is embedded and searchable here, and nothing else is."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing

import structlog
from opentelemetry.trace import Link, Span, SpanKind, Tracer, set_span_in_context

from embedding_service.application.collections import Collections
from embedding_service.application.keeping import MAX_COMMIT, Item, Keeping, Outcome
from embedding_service.application.metrics import Meter
from embedding_service.application.ports import ObjectSource, SearchableProperties
from embedding_service.domain.collections import MAX_ID_BYTES, OBJECTS, Place
from embedding_service.domain.searchable import text_of
from shared.canonical import Json
from shared.database.interfaces import BranchMovement
from shared.errors import Gone, NotFound, OmsError, TooLarge, Unavailable
from shared.telemetry import span_from_traceparent

_FIRST_PAUSE_S = 0.2
_LAST_PAUSE = 10
"""Times the first one: as long as an interruption lasts, the pauses grow to this."""
_UNTOLD_MOVEMENTS = 1000
"""After so many movements that changed nothing here the place is written all the same, so that a start is short."""
_LINKED_MOVEMENTS = 128
"""At most, of one stretch: its span links to the last ones."""
_log = structlog.get_logger(__name__)


class Following:
    """The use case in the background."""

    def __init__(
        self,
        source: ObjectSource,
        keeping: Keeping,
        collections: Collections,
        meter: Meter,
        tracer: Tracer,
        *,
        pause_s: float = _FIRST_PAUSE_S,
    ) -> None:
        self._pause_s = pause_s
        self._source = source
        self._keeping = keeping
        self._collections = collections
        self._meter = meter
        self._tracer = tracer
        self._place = Place()
        self._written = 0
        self._searchable: tuple[str, SearchableProperties] = ("", {})

    @property
    def commit(self) -> str:
        """The commit that the collection shows; empty before there is one."""
        return self._place.commit

    async def run(self) -> None:
        """Follow until cancelled. While the kernel is away, what is there stays searchable."""
        pause_s = self._pause_s
        while True:
            before = self._place
            try:
                if not await self._keeping.is_current():
                    await self._open()
                await self._follow()
            except OmsError as error:
                self._meter.follow_failed(error.reason.value)
                _log.warning("following_interrupted", reason=error.reason.value, detail=error.detail)
                if isinstance(error, Gone):
                    self._begin_anew()
            pause_s = self._pause_s if self._place != before else min(2 * pause_s, _LAST_PAUSE * self._pause_s)
            await asyncio.sleep(pause_s)

    async def _open(self) -> None:
        place = await self._keeping.open()
        self._written = place.number
        if place.number and place.model_version != self._collections.model_version:
            # The last movement comes again, and with it everything is embedded anew.
            place = Place(place.incarnation, place.number - 1)
        self._place = place

    def _begin_anew(self) -> None:
        """The branch's log does not have our place, as after a restore: list all objects, and write the new place."""
        self._place = Place()
        self._written = -_UNTOLD_MOVEMENTS

    async def _follow(self) -> None:
        """Catch up with the newest movement, again and again: those that came in between are one stretch with it."""
        waiting: deque[BranchMovement] = deque(maxlen=_LINKED_MOVEMENTS)
        arrived = asyncio.Event()
        async with aclosing(self._source.movements(self._place)) as movements:
            reader = asyncio.create_task(_receive(movements, waiting, arrived))
            reader.add_done_callback(lambda _: arrived.set())
            try:
                while True:
                    arrived.clear()
                    if waiting:
                        stretch = [*waiting]
                        waiting.clear()
                        with self._span(stretch):
                            await self._catch_up(stretch[-1])
                    elif reader.done():
                        return reader.result()
                    else:
                        await arrived.wait()
            finally:
                reader.cancel()
                await asyncio.wait([reader])

    def _span(self, stretch: Sequence[BranchMovement]) -> AbstractContextManager[Span]:
        """Of one movement, the child of the write that made it; of several, linked to each."""
        origins = [span for each in stretch if (span := span_from_traceparent(each.traceparent))]
        is_single = len(stretch) == len(origins) == 1
        return self._tracer.start_as_current_span(
            "follow objects",
            kind=SpanKind.CONSUMER,
            context=set_span_in_context(origins[0]) if is_single else None,
            links=[] if is_single else [Link(origin.get_span_context()) for origin in origins],
            record_exception=False,
        )

    async def _catch_up(self, movement: BranchMovement) -> None:
        began = time.monotonic()
        head = movement.new_head
        target = Place(movement.cursor.incarnation, movement.cursor.number, head, self._collections.model_version)
        now = await self._source.searchable(head) if head else {}
        try:
            outcome = await self._bring(self._stretch(head, now), target)
        except (NotFound, Gone, TooLarge) as error:
            # The old state is gone, or a change is too large for the transport: the new state tells the same.
            _log.info("following_by_listing", reason=error.reason.value)
            outcome = await self._bring(self._listed(head, now, None), target)
        self._place = target
        self._searchable = (head, now)
        self._meter.followed(outcome.embedded, outcome.unchanged, outcome.deleted, time.monotonic() - began)

    async def _bring(self, differences: AsyncGenerator[Item, None], target: Place) -> Outcome:
        """Keep the differences, 500 a commit, the place with the last of them."""
        total = Outcome()
        batch: dict[str, Item] = {}
        async with aclosing(differences):
            async for item in differences:
                if len(item.id.encode()) > MAX_ID_BYTES:
                    self._meter.skipped("id_too_long")
                    continue
                batch[item.id] = item
                if len(batch) == MAX_COMMIT:
                    total += await self._keeping.apply(OBJECTS, [*batch.values()], commit=target.commit)
                    batch = {}
        return total + await self._close(batch, target, is_changed=bool(total.embedded or total.deleted))

    async def _close(self, batch: Mapping[str, Item], target: Place, *, is_changed: bool) -> Outcome:
        is_due = is_changed or target.number - self._written >= _UNTOLD_MOVEMENTS
        outcome = await self._keeping.apply(
            OBJECTS, [*batch.values()], commit=target.commit, place=target, is_place_due=is_due
        )
        if is_due or outcome.embedded or outcome.deleted:
            self._written = target.number
        return outcome

    async def _stretch(self, head: str, now: SearchableProperties) -> AsyncGenerator[Item, None]:
        """What leads from the place to this head."""
        if not head or not self._place.commit or self._place.model_version != self._collections.model_version:
            async with aclosing(self._listed(head, now, None)) as listed:
                async for item in listed:
                    yield item
            return
        before = await self._searchable_before()
        redefined = {name for name in {*before, *now} if before.get(name) != now.get(name)}
        if redefined:
            async with aclosing(self._listed(head, now, redefined)) as listed:
                async for item in listed:
                    yield item
        async with aclosing(self._source.changes(self._place.commit, head)) as changes:
            async for change in changes:
                if change.type in now and change.type not in redefined:
                    yield Item(change.id, change.type, text_of(change.after, now[change.type]))

    async def _listed(self, head: str, now: SearchableProperties, types: set[str] | None) -> AsyncGenerator[Item, None]:
        """All objects of these types (none: of all), and the entries of them that have no object any more."""
        seen = set()
        for name in sorted(now if types is None else types & now.keys()):
            async with aclosing(self._source.objects(name, head)) as objects:
                async for document in objects:
                    item = _item(document, name, now[name])
                    seen.add(item.id)
                    yield item
        for entry_id, entry in list(self._collections.known(OBJECTS).items()):
            if entry_id not in seen and (types is None or entry.type in types):
                yield Item(entry_id, entry.type, "")

    async def _searchable_before(self) -> SearchableProperties:
        commit, searchable = self._searchable
        return searchable if commit == self._place.commit else await self._source.searchable(self._place.commit)


def _item(document: Json, type_name: str, properties: tuple[str, ...]) -> Item:
    entry_id = str(document["@id"]) if isinstance(document, dict) else ""
    return Item(entry_id, type_name, text_of(document, properties))


async def _receive(
    movements: AsyncIterator[BranchMovement], waiting: deque[BranchMovement], arrived: asyncio.Event
) -> None:
    async for movement in movements:
        waiting.append(movement)
        arrived.set()
    raise Unavailable("the stream of movements has ended", retry_after_s=1)
