"""The kernel over gRPC (`data_kernel.v1`)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import Any, Unpack

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.canonical import Json, decode, encode
from shared.clients import kernel_messages as messages
from shared.clients.call_scope import call_scope
from shared.database.collection_methods import CollectionMethods
from shared.database.interfaces import (
    BranchInfo,
    BranchMovement,
    CommitInfo,
    DocumentChange,
    Page,
    ReadOptions,
    WatchCursor,
    WriteOptions,
    WriteResult,
)
from shared.database.revisions import NamedState, named_state
from shared.errors import InvalidInput, Reason, TooLarge, Unavailable
from shared.grpc.generated.data_kernel.v1 import (
    branch_pb2,
    branch_pb2_grpc,
    document_pb2,
    document_pb2_grpc,
    history_pb2,
    history_pb2_grpc,
    query_pb2,
    query_pb2_grpc,
    schema_pb2,
    schema_pb2_grpc,
)

MAX_UNARY_BYTES = 3 * 1024 * 1024
_SERVICE = "data_kernel.v1.DocumentService"
_BRANCH_PAGE = 1000


class KernelGrpc(CollectionMethods):
    """`DocumentDatabase` over a channel of `shared.grpc.channel.open_channel`, which it closes in the end."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._documents = document_pb2_grpc.DocumentServiceStub(channel)
        self._schemas = schema_pb2_grpc.SchemaServiceStub(channel)
        self._history = history_pb2_grpc.HistoryServiceStub(channel)
        self._branches = branch_pb2_grpc.BranchServiceStub(channel)
        self._queries = query_pb2_grpc.QueryServiceStub(channel)
        self._health: Any = health_pb2_grpc.HealthStub(channel)

    async def get_document(self, document_id: str, **at: Unpack[ReadOptions]) -> Json:
        """As `DocumentDatabase.get_document`; above 3 MB it comes in parts."""
        with read_scope(at) as context:
            database, revision = context.database, messages.revision(context, **at)
            try:
                answer = await self._documents.GetDocument(
                    document_pb2.GetDocumentRequest(database=database, revision=revision, id=document_id)
                )
            except TooLarge as error:
                if error.reason is not Reason.USE_STREAM:
                    raise
            else:
                return decode(answer.document.json, field="document")
            reader = messages.PartReader()
            async for part in self._documents.ReadDocument(
                document_pb2.ReadDocumentRequest(database=database, revision=revision, id=document_id)
            ):
                reader.add(part.part)
            return reader.document()

    async def put_document(
        self, document: Json, *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_document`; a single document above 3 MB goes in parts."""
        bodies = [encode(one) for one in (document if isinstance(document, list) else [document])]
        mode = messages.PUT_MODES[create]
        with write_scope(options) as context:
            said = messages.write_options(context, **options)
            if len(bodies) == 1 and len(bodies[0]) > MAX_UNARY_BYTES:
                return await self._put_in_parts(
                    document_pb2.WriteDocumentRequest(database=context.database, options=said, mode=mode), bodies[0]
                )
            answer = await self._documents.PutDocument(
                document_pb2.PutDocumentRequest(database=context.database, options=said, mode=mode, documents=bodies)
            )
        return messages.write_result(answer.result)

    async def _put_in_parts(self, first: document_pb2.WriteDocumentRequest, body: bytes) -> WriteResult:
        def requests() -> Iterator[document_pb2.WriteDocumentRequest]:
            for part in messages.document_parts("", body):
                request = document_pb2.WriteDocumentRequest(part=part)
                if not part.offset:
                    request.MergeFrom(first)
                yield request

        answer = await self._documents.WriteDocument(requests())
        return messages.write_result(answer.result)

    async def patch_document(self, document_id: str, patch: Json, **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.patch_document`."""
        kind = "json_patch" if isinstance(patch, list) else "merge_patch"
        body: dict[str, Any] = {kind: encode(patch)}
        with write_scope(options) as context:
            answer = await self._documents.PatchDocument(
                document_pb2.PatchDocumentRequest(
                    database=context.database,
                    options=messages.write_options(context, **options),
                    id=document_id,
                    **body,
                )
            )
        return messages.write_result(answer.result)

    async def delete_document(self, document_id: str | Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_document`."""
        with write_scope(options) as context:
            answer = await self._documents.DeleteDocument(
                document_pb2.DeleteDocumentRequest(
                    database=context.database,
                    options=messages.write_options(context, **options),
                    ids=[document_id] if isinstance(document_id, str) else document_id,
                )
            )
        return messages.write_result(answer.result)

    async def list_documents(self, type_name: str = "", **at: Unpack[ReadOptions]) -> AsyncGenerator[Json, None]:
        """As `DocumentDatabase.list_documents`."""
        call = self._listing(type_name, 0, "", at)
        try:
            async for document in _documents(call):
                yield document
        finally:
            call.cancel()

    async def page_documents(
        self, type_name: str = "", *, page_size: int = 100, page_token: str = "", **at: Unpack[ReadOptions]
    ) -> Page:
        """As `DocumentDatabase.page_documents`."""
        if page_size < 1:
            raise InvalidInput("a page has at least one document", field="page_size")
        ends: list[document_pb2.ListDocumentsResponse] = []
        call = self._listing(type_name, page_size, page_token, at)
        documents = [document async for document in _documents(call, ends)]
        last = ends[-1] if ends else document_pb2.ListDocumentsResponse()
        return Page(tuple(documents), last.next_page_token, last.commit)

    def _listing(self, type_name: str, page_size: int, page_token: str, at: ReadOptions) -> Any:
        with read_scope(at) as context:
            return self._documents.ListDocuments(
                document_pb2.ListDocumentsRequest(
                    database=context.database,
                    revision=messages.revision(context, **at),
                    type=type_name,
                    page_size=page_size,
                    page_token=page_token,
                )
            )

    async def get_schema(self, class_name: str = "", **at: Unpack[ReadOptions]) -> list[Json]:
        """As `DocumentDatabase.get_schema`."""
        with read_scope(at) as context:
            answer = await self._schemas.GetSchema(
                schema_pb2.GetSchemaRequest(
                    database=context.database, revision=messages.revision(context, **at), class_name=class_name
                )
            )
        return [decode(text, field="schema") for text in answer.classes]

    async def put_schema(
        self, classes: Sequence[Json], *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_schema`."""
        with write_scope(options) as context:
            answer = await self._schemas.PutSchema(
                schema_pb2.PutSchemaRequest(
                    database=context.database,
                    options=messages.write_options(context, **options),
                    classes=[encode(one) for one in classes],
                    mode=messages.PUT_MODES[create],
                )
            )
        return messages.write_result(answer.result)

    async def delete_schema(self, class_names: Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_schema`."""
        with write_scope(options) as context:
            answer = await self._schemas.DeleteSchema(
                schema_pb2.DeleteSchemaRequest(
                    database=context.database,
                    options=messages.write_options(context, **options),
                    class_names=class_names,
                )
            )
        return messages.write_result(answer.result)

    async def log(self, *, count: int = 100, **at: Unpack[ReadOptions]) -> list[CommitInfo]:
        """As `DocumentDatabase.log`."""
        with read_scope(at) as context:
            answer = await self._history.GetLog(
                history_pb2.GetLogRequest(
                    database=context.database, revision=messages.revision(context, **at), page_size=count
                )
            )
        return [messages.commit_info(commit) for commit in answer.commits]

    async def diff(
        self, before: str, after: str, *, database: str | None = None, branch: str | None = None
    ) -> AsyncGenerator[DocumentChange, None]:
        """As `DocumentDatabase.diff`."""
        with call_scope(database=database, branch=branch) as context:
            states: dict[str, Any] = {
                "from": messages.revision_of(named_state(before, context.branch)),
                "to": messages.revision_of(named_state(after, context.branch)),
            }
            call = self._history.DiffCommits(history_pb2.DiffCommitsRequest(database=context.database, **states))
        try:
            async for batch in call:
                for change in batch.changes:
                    yield messages.document_change(change)
        finally:
            call.cancel()

    async def watch(
        self, branch: str, since: WatchCursor, *, database: str | None = None
    ) -> AsyncGenerator[BranchMovement, None]:
        """As `TerminusGatewayClient.watch`."""
        with call_scope(database=database, branch=branch) as context:
            call = self._history.Watch(
                history_pb2.WatchRequest(
                    database=context.database, branch=context.branch, since=messages.watch_cursor(since)
                )
            )
        try:
            async for answer in call:
                yield messages.branch_movement(answer.update)
        finally:
            call.cancel()

    async def branches(self, *, database: str | None = None) -> list[BranchInfo]:
        """As `DocumentDatabase.branches`."""
        found: list[BranchInfo] = []
        token = ""
        while True:
            with call_scope(database=database) as context:
                answer = await self._branches.ListBranches(
                    branch_pb2.ListBranchesRequest(database=context.database, page_size=_BRANCH_PAGE, page_token=token)
                )
            found += [messages.branch_info(branch) for branch in answer.branches]
            token = answer.next_page_token
            if not token:
                return found

    async def create_branch(
        self,
        name: str,
        *,
        origin_branch: str | None = None,
        origin_commit: str | None = None,
        database: str | None = None,
    ) -> BranchInfo:
        """As `DocumentDatabase.create_branch`."""
        if origin_branch and origin_commit:
            raise InvalidInput("a branch has one origin", field="origin_commit")
        origin = messages.revision_of(NamedState(branch=origin_branch or "", commit=origin_commit or ""))
        with call_scope(database=database, branch=name) as context:
            answer = await self._branches.CreateBranch(
                branch_pb2.CreateBranchRequest(database=context.database, branch=name, origin=origin)
            )
        return messages.branch_info(answer.branch)

    async def delete_branch(self, name: str, *, database: str | None = None) -> None:
        """As `DocumentDatabase.delete_branch`."""
        with call_scope(database=database, branch=name) as context:
            await self._branches.DeleteBranch(branch_pb2.DeleteBranchRequest(database=context.database, branch=name))

    async def query(self, woql: Json | str) -> list[Json]:
        """As `DocumentDatabase.query`."""
        body = woql.encode() if isinstance(woql, str) else encode(woql)
        with call_scope() as context:
            call = self._queries.ExecuteQuery(
                query_pb2.ExecuteQueryRequest(database=context.database, revision=messages.revision(context), woql=body)
            )
        return [decode(text, field="binding") async for batch in call for text in batch.bindings]

    async def health(self) -> None:
        """As `DocumentDatabase.health`."""
        answer = await self._health.Check(health_pb2.HealthCheckRequest(service=_SERVICE))
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise Unavailable("the kernel does not serve now", retry_after_s=1.0)

    async def close(self) -> None:
        """As `DocumentDatabase.close`."""
        await self._channel.close()


async def _documents(
    call: AsyncIterator[document_pb2.ListDocumentsResponse],
    ends: list[document_pb2.ListDocumentsResponse] | None = None,
) -> AsyncGenerator[Json, None]:
    """The documents of a listing; its messages that tell a commit are kept in `ends`, the last one last."""
    reader: messages.PartReader | None = None
    async for message in call:
        if message.batch.HasField("part"):
            reader = reader or messages.PartReader()
            reader.add(message.batch.part)
            if reader.complete:
                yield reader.document()
                reader = None
        for document in message.batch.documents:
            yield decode(document.json, field="document")
        if ends is not None:
            ends[:] = [
                document_pb2.ListDocumentsResponse(commit=message.commit, next_page_token=message.next_page_token)
            ]


def read_scope(at: ReadOptions) -> Any:
    """The context of a read: its branch is the one asked for, or none where a commit is."""
    return call_scope(database=at.get("database"), branch=at.get("branch"))


def write_scope(options: WriteOptions) -> Any:
    """The context of a write."""
    return call_scope(
        database=options.get("database"),
        branch=options.get("branch"),
        message=options.get("message"),
        idempotency_key=options.get("idempotency_key"),
    )
