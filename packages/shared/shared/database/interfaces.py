"""What services need from stores, caches, queues and other services, as protocols with one contract each.

Every method raises `shared.errors` alone. All are coroutines, save those that return an asynchronous iterator.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypedDict, Unpack, runtime_checkable

from shared.canonical import Json


class ReadOptions(TypedDict, total=False):
    """Which state is read; all may be left out or `None`.

    `database`: by default the server's own default. `branch`: full or short name, by default the context's, else the
    server's default branch. `rev`: a commit id, or a time in RFC 3339 with an offset, which means the head that the
    branch had then; a commit needs no branch.
    """

    database: str | None
    branch: str | None
    rev: str | None


class WriteOptions(TypedDict, total=False):
    """What every write takes; all may be left out or `None`.

    `database` and `branch` as in `ReadOptions`. `message`: why, by default the context's, else
    `[<service>] <METHOD> <route template>`. `idempotency_key`: a retry with the same key answers what the first
    attempt answered. `expected_head`: the commit that the branch's head must be, else Conflict (STALE_HEAD).
    `dry_run`: everything but the commit.
    """

    database: str | None
    branch: str | None
    message: str | None
    idempotency_key: str | None
    expected_head: str | None
    dry_run: bool


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did.

    `ids` follow the request's order (`Type/key`; class names for schema writes). `commit` is the branch's head
    afterwards (empty: it has none), `branch` its full name. `changed` is false where there was nothing to change: then
    there is no new commit. A dry run tells the head before, and whether the write would change anything.
    """

    ids: tuple[str, ...]
    commit: str
    branch: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing in order of id bytes.

    `next_page_token` is empty on the last page. All pages of a listing show the state of `commit`.
    """

    documents: tuple[Json, ...]
    next_page_token: str
    commit: str


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """One attributed change; texts are empty where the store does not keep that field. `time` is UTC."""

    id: str
    author: str
    message: str
    time: datetime
    parents: tuple[str, ...] = ()
    branch: str = ""
    actor: str = ""
    method: str = ""
    route: str = ""
    service: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class BranchInfo:
    """A named head; `head` is empty before the first commit."""

    name: str
    head: str


class ChangeKind(StrEnum):
    """What happened to a document."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One difference between two states; `before` and `after` are `None` where the document is absent."""

    id: str
    type: str
    kind: ChangeKind
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class WatchCursor:
    """A place in the movements of one branch: which branch of that name, and the last number seen (0: none)."""

    incarnation: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class BranchMovement:
    """One movement of a branch: from `old_head` to `new_head`, each empty where there is none.

    `cause` is `create`, `commit` or `delete`; `traceparent` that of the write, empty where it is not told.
    """

    cursor: WatchCursor
    cause: str
    old_head: str
    new_head: str
    traceparent: str = ""


@runtime_checkable
class DocumentDatabase(Protocol):
    """One versioned document store, whatever is behind it.

    Documents are JSON objects with `@id` (`Type/key`) and `@type`; numbers are exact (`shared.canonical`). Beside the
    errors named, every method may raise Unauthenticated, Forbidden, NotFound (database, branch, commit), InvalidInput,
    TooLarge, Unavailable and DeadlineExceeded.
    """

    # by collection: a collection is a document type

    async def create(self, collection: str, document: Json) -> str:
        """Insert a document of that type and return its id. AlreadyExists, ValidationFailed."""

    async def read(self, collection: str, document_id: str) -> Json:
        """The document; the id with or without its type. NotFound."""

    async def update(self, collection: str, document_id: str, document: Json) -> bool:
        """Replace the document; whether that changed anything. NotFound, ValidationFailed."""

    async def delete(self, collection: str, document_id: str) -> bool:
        """Delete the document; true. NotFound."""

    async def query(self, woql: Json | str) -> list[Json]:
        """All bindings of a WOQL query (JSON-LD). Unsupported where the server has no queries."""

    # by database

    async def get_document(self, document_id: str, **at: Unpack[ReadOptions]) -> Json:
        """One document of any size. NotFound."""

    async def put_document(
        self, document: Json, *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """Write one document, or an array of them, as one commit.

        `create` true inserts (AlreadyExists), false replaces (NotFound), `None` does either. ValidationFailed lists
        every violation of every document. Conflict (STALE_HEAD).
        """

    async def patch_document(self, document_id: str, patch: Json, **options: Unpack[WriteOptions]) -> WriteResult:
        """Change one document: an object is a merge patch (RFC 7396), an array a JSON Patch (RFC 6902).

        NotFound, ValidationFailed, Conflict. The legacy client answers a JSON Patch with Unsupported.
        """

    async def delete_document(self, document_id: str | Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """Delete one document or several as one commit. NotFound, ValidationFailed where others refer to it."""

    def list_documents(self, type_name: str = "", **at: Unpack[ReadOptions]) -> AsyncGenerator[Json, None]:
        """The documents of a type (empty: all) of one state, in order of id bytes.

        Closing the iterator stops the reading in the store.
        """

    async def page_documents(
        self, type_name: str = "", *, page_size: int = 100, page_token: str = "", **at: Unpack[ReadOptions]
    ) -> Page:
        """One page of `list_documents` with at most `page_size` (1 to 1 000) documents.

        InvalidInput where the token is not of this listing and caller, Gone where its commit is.
        """

    async def get_schema(self, class_name: str = "", **at: Unpack[ReadOptions]) -> list[Json]:
        """Class documents of the branch's schema graph, the context first; with a name that class alone. NotFound."""

    async def put_schema(
        self, classes: Sequence[Json], *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """Write class documents as one commit; `create` as in `put_document`.

        ValidationFailed where a class is wrong or stored documents would break it.
        """

    async def delete_schema(self, class_names: Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """Delete classes as one commit. NotFound, ValidationFailed where documents or classes need them."""

    async def log(self, *, count: int = 100, **at: Unpack[ReadOptions]) -> list[CommitInfo]:
        """At most `count` (1 to 1 000) commits, newest first, reachable by first parents."""

    def diff(
        self, before: str, after: str, *, database: str | None = None, branch: str | None = None
    ) -> AsyncGenerator[DocumentChange, None]:
        """What leads from one state to the other, in order of id bytes; `before` and `after` as `rev`."""

    async def branches(self, *, database: str | None = None) -> list[BranchInfo]:
        """All branches in order of name."""

    async def create_branch(
        self,
        name: str,
        *,
        origin_branch: str | None = None,
        origin_commit: str | None = None,
        database: str | None = None,
    ) -> BranchInfo:
        """Make a branch at one of the origins, or with neither an orphan without commits. AlreadyExists."""

    async def delete_branch(self, name: str, *, database: str | None = None) -> None:
        """Delete a branch; its commits stay readable by their ids. NotFound."""

    async def health(self) -> None:
        """Return if the store can serve, else raise Unavailable."""

    async def close(self) -> None:
        """Let go of the connections; the client is of no use afterwards."""


@runtime_checkable
class CacheDatabase(Protocol):
    """A cache: what it holds may vanish at any time, and is never the only copy."""

    async def get(self, key: str) -> Any | None:
        """The value, or `None`."""

    async def set(self, key: str, value: Any, ttl: float | None = None) -> bool:
        """Keep the value for `ttl` seconds, or until it must go; whether it was taken."""

    async def delete(self, key: str) -> bool:
        """Forget the value; whether there was one."""

    async def exists(self, key: str) -> bool:
        """Whether there is a value."""


@runtime_checkable
class MessageQueue(Protocol):
    """Topics with messages."""

    async def publish(self, topic: str, message: Json) -> bool:
        """Hand the message over; true once it is durable."""

    async def subscribe(self, topic: str, handler: Callable[[Json], Awaitable[None]]) -> bool:
        """Call the handler with each message of the topic."""


@runtime_checkable
class ExternalService(Protocol):
    """Another service over HTTP."""

    async def call(self, method: str, path: str, **options: Any) -> Json:
        """One request; the JSON of the answer."""

    async def health(self) -> None:
        """Return if the service can serve, else raise Unavailable."""


# Names of earlier days (docs/names.md)
IDocumentDatabase = DocumentDatabase
ICacheDatabase = CacheDatabase
IMessageQueue = MessageQueue
IExternalService = ExternalService
