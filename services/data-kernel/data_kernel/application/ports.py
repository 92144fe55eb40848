"""What the kernel needs from the outside. Each port has one conformance suite, which every adapter passes."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from data_kernel.domain.commits import Attribution, Commit, Cursor, HistoryEntry, RefCause, RefUpdate
from data_kernel.domain.databases import Branch, Database, Revision, State, Tag
from data_kernel.domain.documents import Change, Graph, StoredDocument


class WriterView(Protocol):
    """The state on which a commit is built, read inside the writer: exactly the parent that the commit will have."""

    @property
    def head(self) -> str | None:
        """The branch's head; `None` before the first commit."""

    @property
    def schema_version(self) -> str:
        """A text that changes whenever the schema graph of this branch does, so that a parsed schema can be kept."""

    def get(self, graph: Graph, document_id: str) -> StoredDocument | None:
        """The document, or `None`."""

    def scan(self, graph: Graph, type_name: str | None = None) -> Iterator[StoredDocument]:
        """The documents of a type, or all, in order of id bytes."""

    def referrers(self, document_id: str) -> Iterator[str]:
        """Ids of the documents that refer to this one, in order of id bytes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit is to do: ids to answer, in the request's order, and changes, at most one a document."""

    ids: tuple[str, ...]
    changes: tuple[Change, ...]


Planner = Callable[[WriterView], Plan]
"""Builds the changes on the writer's own state, without waiting for anything; raises `OmsError` to refuse."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A write's key in the scope (database, actor), and the fingerprint of what it asks for."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One commit to be made.

    `create_branch` makes a missing branch as an orphan, else a missing branch is NotFound. With `dry_run` the planner
    runs and nothing is kept. `expected_head` is compared inside the writer; `None` is any. `merge_parents` are the
    commit's further parents, behind the head; with any the commit is made even where the plan has no changes.
    `redacts` tells that the values so far are to be purged: the changed documents' new versions stay verifiable then.
    """

    database: str
    branch: str
    attribution: Attribution
    planner: Planner
    expected_head: str | None = None
    idempotency: Idempotency | None = None
    dry_run: bool = False
    create_branch: bool = False
    cause: RefCause = RefCause.COMMIT
    merge_parents: tuple[str, ...] = ()
    redacts: bool = False


@dataclass(frozen=True, slots=True)
class DetachedRequest:
    """A commit that no branch points to.

    It is built on the state of the commit `base` (`None`: the empty state) by `planner` (`None`: nothing changes) and
    gets exactly `parents`. `branch` is only the name that its record carries.
    """

    database: str
    branch: str
    attribution: Attribution
    base: str | None
    parents: tuple[str, ...]
    planner: Planner | None = None


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """Point a branch at a commit of its database (`None`: before the first), whatever it pointed at.

    `expected_head` is compared inside the writer; `None` is any.
    """

    database: str
    branch: str
    commit: str | None
    cause: RefCause
    attribution: Attribution
    expected_head: str | None = None


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Take every version of the documents out of the database, on every branch, read-only ones too, and on none.

    With `keeps_heads` those stay that a branch has at its head. `certificate` names what the purge was done for; it is
    what is left in the place of the bytes.
    """

    database: str
    document_ids: tuple[str, ...]
    certificate: str
    keeps_heads: bool = False


@dataclass(frozen=True, slots=True)
class PurgeOutcome:
    """How many versions were purged (none twice), and the purge epoch from then on."""

    versions: int
    epoch: int


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What a write did. Without changes there is no commit: `commit` is the head and `changed` is false."""

    ids: tuple[str, ...]
    commit: str | None
    branch: str
    changed: bool


@dataclass(frozen=True, slots=True)
class ScanQuery:
    """A listing of one state in order of id bytes, beginning after `after_id`; `limit` `None` is no limit."""

    graph: Graph = Graph.INSTANCE
    type_name: str | None = None
    after_id: str | None = None
    skip: int = 0
    limit: int | None = None


class DocumentStore(Protocol):
    """The versioned store. All times are UTC. Unknown databases, branches and commits are `NotFound`."""

    async def close(self) -> None:
        """Finish the writes in progress and let go of the file or the connections."""

    async def ping(self) -> None:
        """One real round trip; `Unavailable` where the store does not answer."""

    # databases and branches

    async def create_database(self, database: Database) -> None:
        """Make a database without branches; `AlreadyExists`."""

    async def delete_database(self, name: str) -> None:
        """Delete a database with everything in it."""

    async def describe_database(self, name: str, label: str, comment: str) -> None:
        """Give a database another label and comment."""

    async def get_database(self, name: str) -> Database:
        """The database's properties."""

    async def list_databases(self) -> list[Database]:
        """All databases in order of name."""

    async def create_branch(
        self, database: str, name: str, attribution: Attribution, origin: Revision | None = None
    ) -> Branch:
        """Make a branch at `origin`, or an orphan without commits; `AlreadyExists`."""

    async def delete_branch(self, database: str, name: str, attribution: Attribution) -> None:
        """Delete a branch; its commits stay readable."""

    async def get_branch(self, database: str, name: str) -> Branch:
        """The branch as it stands."""

    async def list_branches(self, database: str, after: str = "", limit: int = 1000) -> list[Branch]:
        """Branches in order of name, those after `after`."""

    # writing

    async def write(self, request: WriteRequest) -> WriteOutcome:
        """Plan and make one commit, with its ref-log entry, outbox row and idempotency answer, atomically and durably.

        Errors: `Conflict` (STALE_HEAD) where the head is not the expected one, or the idempotency key was used for
        another request; whatever the planner raises. A refused write leaves no trace.
        """

    async def write_detached(self, request: DetachedRequest) -> str:
        """Make a commit on no branch and tell its id; kept like every unattached commit until garbage collection."""

    async def move_branch(self, request: MoveRequest) -> Branch:
        """Move a branch, with its ref-log entry and outbox row; `Conflict` (STALE_HEAD), `NotFound`."""

    async def purge(self, request: PurgeRequest) -> PurgeOutcome:
        """Take documents out; commits keep their ids. `Unavailable` where it is to be asked again to be complete.

        A purged version is `Gone` to `get`, with the certificate's id. Listings, diffs, histories and planners see it
        like a document that is not there.
        """

    @property
    def purge_epoch(self) -> int:
        """Grows with every purge; part of the key of everything that keeps documents in memory."""

    async def set_tag(self, tag: Tag) -> None:
        """Make a tag, or point it elsewhere."""

    async def delete_tag(self, database: str, name: str) -> None:
        """Delete a tag; its commit stays as long as something else names it."""

    async def list_tags(self, database: str) -> list[Tag]:
        """Tags in order of name."""

    # reading

    async def resolve(self, database: str, revision: Revision) -> State:
        """The state that a revision names."""

    async def get(
        self, database: str, state: State, document_ids: Sequence[str], graph: Graph = Graph.INSTANCE
    ) -> list[StoredDocument | None]:
        """The documents in the order asked; `None` for each that is not there, `Gone` where one was purged."""

    def scan(self, database: str, state: State, query: ScanQuery) -> AsyncIterator[list[StoredDocument]]:
        """The documents in batches of at most about 1 MB; closing the iterator stops the reading in the store."""

    async def log(self, database: str, state: State, after: str | None = None, limit: int = 100) -> list[Commit]:
        """Commits reachable by first parents, newest first; with `after`, those older than that commit."""

    async def get_commit(self, database: str, commit: str) -> Commit:
        """One commit."""

    async def merge_bases(self, database: str, one: str, other: str) -> list[str]:
        """The best common ancestors by all parents, newest first: none of them is an ancestor of another."""

    async def history(
        self,
        database: str,
        state: State,
        document_id: str,
        graph: Graph = Graph.INSTANCE,
        after: str | None = None,
        limit: int = 100,
    ) -> list[HistoryEntry]:
        """The commits that changed one document, by first parents, newest first; with `after`, those older."""

    async def referrers(self, database: str, state: State, document_id: str) -> list[str]:
        """Ids of the documents that refer to this one, in order of id bytes."""

    def diff(self, database: str, old: State, new: State, graph: Graph = Graph.INSTANCE) -> AsyncIterator[list[Change]]:
        """Changes that lead from `old` to `new`, in order of id bytes, in batches; `references` are not filled."""

    async def ref_log(self, database: str, branch: str, since: Cursor, limit: int = 1000) -> list[RefUpdate]:
        """Entries after `since` in order, those of later incarnations behind them."""

    @property
    def movements(self) -> int:
        """The store's movement count; it has grown by the time the write that moved a branch is answered."""

    async def wait_for_movement(self, seen: int) -> int:
        """Return the store's movement count once it exceeds `seen`; it grows with every ref update."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One undelivered ref update.

    `sequence` orders all entries of the store. `next_ordinal` is the first document event not yet delivered (0: the
    commit's own event), `attempts` counts refusals, `dead` tells that it was given up.
    """

    sequence: int
    update: RefUpdate
    attempts: int = 0
    next_ordinal: int = 0
    dead: bool = False
    last_error: str = ""
    retry_at: datetime | None = None


class Outbox(Protocol):
    """Ref updates that are still to be announced, in the store's own transactions."""

    async def pending(self, after: int = 0, limit: int = 100) -> list[OutboxEntry]:
        """Entries neither delivered nor dead, in order."""

    async def delivered(self, sequences: Sequence[int]) -> None:
        """The entries are announced; forget them."""

    async def progressed(self, sequence: int, next_ordinal: int) -> None:
        """A part of the entry is announced."""

    async def refused(self, sequence: int, error: str, retry_at: datetime | None) -> None:
        """Count a refusal; `retry_at` `None` gives the entry up (dead letter)."""

    async def dead_letters(self, limit: int = 100) -> list[OutboxEntry]:
        """Entries that were given up."""

    async def revive(self, sequence: int) -> None:
        """Try a dead entry again."""

    async def depth(self) -> tuple[int, float]:
        """How many entries are undelivered, and the age of the oldest in seconds."""


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent to be announced: the attributes of the standard, and `data` as JSON values."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    partition_key: str
    dataschema: str
    data: dict[str, str | int | None] = field(default_factory=dict)
    traceparent: str = ""


class EventSink(Protocol):
    """Where the relay announces events."""

    async def publish(self, event: Event, *, gateway_only: bool) -> bool:
        """Announce; true where the broker has the event, false where it is only queued before the broker.

        With `gateway_only` no way around the gateway is taken: an event that overtook a queued one of its partition
        would break their order. Raises `OmsError`.
        """
