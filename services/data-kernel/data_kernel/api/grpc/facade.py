"""The frozen façade `data_kernel`, over the same use cases; the database is the call's `x-database` or the default."""

from collections.abc import AsyncIterator

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import write_options
from data_kernel.application.addressing import NEWEST
from data_kernel.application.bodies import decode_body
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from data_kernel.application.queries import bindings
from shared.canonical import Json, encode
from shared.context import current
from shared.errors import InvalidInput, Reason, TooLarge
from shared.grpc.generated import data_kernel_pb2, data_kernel_pb2_grpc
from shared.grpc.generated.data_kernel.v1 import document_pb2


class FacadeDocumentServicer(data_kernel_pb2_grpc.DocumentServiceServicer):
    """Single documents; attribution, branch and idempotency key come in the metadata."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._limits = kernel.settings.limits

    async def Get(self, request: data_kernel_pb2.DocumentId, context: RpcContext) -> data_kernel_pb2.Document:
        """The document by that id."""
        _, document = await self._kernel.reads.get_one("", NEWEST, request.id, current())
        self._check_size(len(document.body))
        return data_kernel_pb2.Document(json=document.body)

    async def Put(self, request: data_kernel_pb2.Document, context: RpcContext) -> data_kernel_pb2.DocumentId:
        """Inserts the document or replaces the one with its id."""
        document, options = await self._read(request)
        outcome = await self._kernel.writes.put(
            "", [document], PutMode.UPSERT, options, current(), size_bytes=len(request.json)
        )
        return data_kernel_pb2.DocumentId(id=outcome.ids[0])

    async def Patch(self, request: data_kernel_pb2.Document, context: RpcContext) -> data_kernel_pb2.DocumentId:
        """Applies `json` as a merge patch to the document whose `@id` it carries."""
        patch, options = await self._read(request)
        document_id = patch.get("@id") if isinstance(patch, dict) else None
        if not isinstance(document_id, str):
            raise InvalidInput("json: @id is missing, or no text", field="json/@id")
        outcome = await self._kernel.writes.merge_patch("", document_id, patch, options, current())
        return data_kernel_pb2.DocumentId(id=outcome.ids[0])

    async def _read(self, request: data_kernel_pb2.Document) -> tuple[Json, WriteOptions]:
        self._check_size(len(request.json))
        document = await decode_body(request.json, "json")
        return document, write_options(document_pb2.WriteOptions(), current(), encode(document))

    def _check_size(self, size: int) -> None:
        limit = self._limits.unary_body_bytes
        if size > limit:
            raise TooLarge(
                f"json: {size} bytes are more than {limit} for one message", field="json", reason=Reason.USE_STREAM
            )


class FacadeQueryServicer(data_kernel_pb2_grpc.QueryServiceServicer):
    """Says that there are no queries."""

    async def Execute(
        self, request: data_kernel_pb2.WOQL, context: RpcContext
    ) -> AsyncIterator[data_kernel_pb2.Document]:
        """Unsupported."""
        for binding in bindings(current().database):
            yield data_kernel_pb2.Document(json=binding)
