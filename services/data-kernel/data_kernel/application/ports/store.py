"""The versioned store itself."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from data_kernel.application.ports.requests import (
    DetachedRequest,
    Idempotency,
    MoveRequest,
    PurgeOutcome,
    PurgeRequest,
    ScanQuery,
    ValueQuery,
    WriteOutcome,
    WriteRequest,
)
from data_kernel.domain.commits import Attribution, Commit, Cursor, HistoryEntry, RefUpdate
from data_kernel.domain.databases import Branch, Database, Revision, State, Tag
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.retention import Collected, Retention


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

    async def move_branch(self, request: MoveRequest) -> WriteOutcome:
        """Move a branch, with its ref-log entry, outbox row and idempotency answer; errors are a write's."""

    async def answer_of(self, database: str, actor: str, asked: Idempotency) -> WriteOutcome | None:
        """What the write or move with this key was answered; `None` where there was none.

        `Conflict` where it asked for something else.
        """

    async def purge(self, request: PurgeRequest) -> PurgeOutcome:
        """Take documents out; commits keep their ids. `Unavailable` where it is to be asked again to be complete.

        A purged version is `Gone` to `get`, with the certificate's id. Listings, diffs, histories and planners see it
        like a document that is not there.
        """

    async def collect(self, database: str, retention: Retention, *, dry_run: bool = False) -> Collected:
        """Take out of a database what nothing needs any more; with `dry_run` tell what that would be.

        What is being read, and what is still to be announced, is needed. `Unavailable` as for a write, after which it
        may be begun anew.
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

    def find(self, database: str, state: State, query: ValueQuery) -> AsyncIterator[list[StoredDocument]]:
        """The documents with a value in order of id bytes, in batches as of `scan`, of which some may be empty.

        Where the property was asked for before, and few documents differ since, work grows with what is found.
        """

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
        """Entries after `since` in order, those of later incarnations behind them.

        `Gone` where `since` is neither an entry nor the beginning of an incarnation; (0, 0) is the beginning of all.
        """

    @property
    def movements(self) -> int:
        """The store's movement count; it has grown by the time the write that moved a branch is answered."""

    async def wait_for_movement(self, seen: int) -> int:
        """Return the store's movement count once it exceeds `seen`; it grows with every ref update."""
