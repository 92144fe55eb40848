"""`data_kernel.v1.HistoryService`."""

from collections.abc import AsyncIterator, Iterable, Iterator

from data_kernel.api.grpc.batching import MESSAGE_BYTES
from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import (
    change_message,
    commit_message,
    history_entry_message,
    movement_message,
    named_revision,
)
from data_kernel.application.kernel import Kernel
from data_kernel.application.streams import closing
from data_kernel.domain.commits import Cursor
from data_kernel.domain.documents import Change
from shared.context import current
from shared.errors import TooLarge
from shared.grpc.generated.data_kernel.v1 import history_pb2, history_pb2_grpc


class HistoryServicer(history_pb2_grpc.HistoryServiceServicer):
    """The past, and movements as they come."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def GetLog(self, request: history_pb2.GetLogRequest, context: RpcContext) -> history_pb2.GetLogResponse:
        """One page of commits."""
        page = await self._kernel.history.log(
            request.database,
            named_revision(request.revision),
            current(),
            count=request.page_size,
            page_token=request.page_token,
        )
        return history_pb2.GetLogResponse(
            commits=map(commit_message, page.commits), next_page_token=page.next_page_token
        )

    async def GetDocumentHistory(
        self, request: history_pb2.GetDocumentHistoryRequest, context: RpcContext
    ) -> history_pb2.GetDocumentHistoryResponse:
        """One page of the commits that changed a document."""
        page = await self._kernel.history.of_document(
            request.database,
            request.id,
            named_revision(request.revision),
            current(),
            count=request.page_size,
            page_token=request.page_token,
        )
        return history_pb2.GetDocumentHistoryResponse(
            entries=map(history_entry_message, page.entries), next_page_token=page.next_page_token
        )

    async def DiffCommits(
        self, request: history_pb2.DiffCommitsRequest, context: RpcContext
    ) -> AsyncIterator[history_pb2.DiffCommitsResponse]:
        """Differences in batches."""
        # The field is called `from`, which Python reserves.
        old, new = named_revision(getattr(request, "from")), named_revision(request.to)
        changes = await self._kernel.history.diff(request.database, old, new, current())
        async with closing(changes) as batches:
            async for batch in batches:
                for response in _responses(batch, self._kernel.settings.limits.unary_body_bytes):
                    yield response

    async def Watch(
        self, request: history_pb2.WatchRequest, context: RpcContext
    ) -> AsyncIterator[history_pb2.WatchResponse]:
        """Movements of a branch, until the call ends."""
        since = Cursor(request.since.incarnation, request.since.number) if request.HasField("since") else Cursor()
        followed = await self._kernel.history.watch(request.database, request.branch, since, current())
        async with closing(followed) as movements:
            async for movement in movements:
                yield movement_message(movement)


def _responses(changes: Iterable[Change], limit_bytes: int) -> Iterator[history_pb2.DiffCommitsResponse]:
    response, size = history_pb2.DiffCommitsResponse(), 0
    for change in changes:
        change_bytes = len(change.before or b"") + len(change.after or b"")
        if change_bytes > limit_bytes:
            # The contract has no parts for changes; REST streams them whole.
            raise TooLarge(
                f"changes: {change.id} changed by {change_bytes} bytes, more than {limit_bytes}", field="changes"
            )
        if response.changes and size + change_bytes > MESSAGE_BYTES:
            yield response
            response, size = history_pb2.DiffCommitsResponse(), 0
        response.changes.append(change_message(change))
        size += change_bytes
    if response.changes:
        yield response
