"""What a movement of a branch is announced as: one event for the commit, one for each document it changed.

Events carry references, never content. Their ids follow from the ref log alone, so that the same movement announced
twice gives the same events, and a fast-forward of another branch to the same commit gives others.
"""

from collections.abc import AsyncGenerator

from data_kernel.application.ports import DocumentStore, Event
from data_kernel.domain.commits import RefUpdate
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Change
from data_kernel.domain.times import rfc3339

COMMIT_TYPE = "io.oms.commit.v1"
DOCUMENT_TYPE = "io.oms.document.{kind}.v1"


class Announcer:
    """Expands ref updates into events; `source` is `urn:oms:<env>:data-kernel` on every instance."""

    def __init__(self, store: DocumentStore, source: str) -> None:
        self._store = store
        self._source = source

    async def events(self, update: RefUpdate, first_ordinal: int = 0) -> AsyncGenerator[tuple[int, Event], None]:
        """The update's events with their ordinals, from `first_ordinal` on: 0 is the commit's, then documents by id."""
        if first_ordinal == 0:
            yield 0, self._event(update, 0, COMMIT_TYPE, update.branch, {})
        old, new = State(update.old_head, update.branch), State(update.new_head, update.branch)
        ordinal = 0
        async for batch in self._store.diff(update.database, old, new):
            for change in batch:
                ordinal += 1
                if ordinal >= first_ordinal:
                    yield ordinal, self._document_event(update, ordinal, change)

    def _document_event(self, update: RefUpdate, ordinal: int, change: Change) -> Event:
        event_type = DOCUMENT_TYPE.format(kind=change.kind)
        about: dict[str, str | int | None] = {"type": change.type, "id": change.id, "change": change.kind.value}
        return self._event(update, ordinal, event_type, change.id, about)

    def _event(
        self, update: RefUpdate, ordinal: int, event_type: str, subject: str, about: dict[str, str | int | None]
    ) -> Event:
        partition = f"{update.database}/{update.branch}"
        event_id = f"{partition}@{update.incarnation}/{update.number}"
        return Event(
            id=f"{event_id}/{ordinal}" if ordinal else event_id,
            type=event_type,
            source=self._source,
            subject=subject,
            time=update.time,
            partition_key=partition,
            dataschema=f"urn:oms:schema:{event_type}",
            data={
                "database": update.database,
                "branch": update.branch,
                "incarnation": update.incarnation,
                "number": update.number,
                "commit": update.new_head,
                "actor": update.actor,
                "time": rfc3339(update.time),
                **about,
            },
            traceparent=update.traceparent,
        )
