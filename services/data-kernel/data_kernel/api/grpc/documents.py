"""`data_kernel.v1.DocumentService`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from data_kernel.api.grpc.batching import PartAssembler, document_batches, document_parts
from data_kernel.api.grpc.bulk import BulkLoad
from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import named_revision, put_mode, write_options, write_result
from data_kernel.application.bodies import decode_body, encode_body
from data_kernel.application.kernel import Kernel
from data_kernel.application.reads import ListQuery
from data_kernel.domain.documents import StoredDocument
from shared.context import current
from shared.errors import InvalidInput, Reason, TooLarge
from shared.grpc.generated.data_kernel.v1 import document_pb2, document_pb2_grpc

if TYPE_CHECKING:
    from shared.canonical import Json


class DocumentServicer(document_pb2_grpc.DocumentServiceServicer):
    """Parses, calls one use case, and maps out."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._limits = kernel.settings.limits

    async def GetDocument(
        self, request: document_pb2.GetDocumentRequest, context: RpcContext
    ) -> document_pb2.GetDocumentResponse:
        """One document of at most 3 MB."""
        found, document = await self._kernel.reads.get_one(
            request.database, named_revision(request.revision), request.id, current()
        )
        self._check_unary([document])
        return document_pb2.GetDocumentResponse(
            document=document_pb2.Document(id=document.id, json=document.body, etag=found.etag(document)),
            commit=found.state.commit or "",
            branch=found.state.branch or "",
        )

    async def BatchGetDocuments(
        self, request: document_pb2.BatchGetDocumentsRequest, context: RpcContext
    ) -> document_pb2.BatchGetDocumentsResponse:
        """Several documents of one state, together at most 3 MB."""
        if not 1 <= len(request.ids) <= self._limits.page_size:
            raise InvalidInput(f"ids: 1 to {self._limits.page_size} are taken, not {len(request.ids)}", field="ids")
        found = await self._kernel.reads.get(request.database, named_revision(request.revision), request.ids, current())
        there = [document for document in found.documents if document is not None]
        self._check_unary(there)
        return document_pb2.BatchGetDocumentsResponse(
            documents=[document_pb2.Document(id=d.id, json=d.body, etag=found.etag(d)) for d in there],
            missing_ids=[i for i, d in zip(request.ids, found.documents, strict=True) if d is None],
            commit=found.state.commit or "",
        )

    async def ListDocuments(
        self, request: document_pb2.ListDocumentsRequest, context: RpcContext
    ) -> AsyncIterator[document_pb2.ListDocumentsResponse]:
        """A listing in batches; the last message is without documents and carries the token, if there is one."""
        query = ListQuery(
            database=request.database,
            revision=named_revision(request.revision),
            type_name=request.type,
            count=request.page_size or None,
            page_token=request.page_token,
        )
        listing = await self._kernel.reads.listing(query, current())
        commit = listing.state.commit or ""
        async with aclosing(listing.batches()) as batches:
            async for documents in batches:
                for batch in document_batches(documents, listing.etag):
                    yield document_pb2.ListDocumentsResponse(batch=batch, commit=commit)
        yield document_pb2.ListDocumentsResponse(commit=commit, next_page_token=listing.next_page_token)

    async def PutDocument(
        self, request: document_pb2.PutDocumentRequest, context: RpcContext
    ) -> document_pb2.PutDocumentResponse:
        """Documents as one commit."""
        size = sum(map(len, request.documents))
        if size > self._limits.unary_body_bytes:
            raise self._use_stream("documents", size)
        documents: list[Json] = [
            await decode_body(text, f"documents/{position}") for position, text in enumerate(request.documents)
        ]
        mode = put_mode(request.mode)
        body = await encode_body(documents, size)
        outcome = await self._kernel.writes.put(
            request.database,
            documents,
            mode,
            write_options(request.options, current(), body, mode=mode, if_match=request.if_match),
            current(),
            size_bytes=size,
            if_match=request.if_match or None,
        )
        return document_pb2.PutDocumentResponse(result=write_result(outcome))

    async def BulkPutDocuments(
        self, request_iterator: AsyncIterator[document_pb2.BulkPutDocumentsRequest], context: RpcContext
    ) -> document_pb2.BulkPutDocumentsResponse:
        """Documents as several commits, or with `atomic` as one."""
        first = await anext(aiter(request_iterator), None)
        if first is None:
            raise InvalidInput("the stream has no message")
        load = BulkLoad(self._kernel, first, current())
        await load.add(first.documents)
        async for message in request_iterator:
            await load.add(message.documents)
        return await load.finish()

    async def PatchDocument(
        self, request: document_pb2.PatchDocumentRequest, context: RpcContext
    ) -> document_pb2.PatchDocumentResponse:
        """A change of one document."""
        kind = request.WhichOneof("patch")
        if kind is None:
            raise InvalidInput("patch: there is none", field="patch")
        text = request.merge_patch or request.json_patch
        patch = await decode_body(text, kind)
        options = write_options(
            request.options,
            current(),
            await encode_body(patch, len(text)),
            id=request.id,
            kind=kind,
            if_match=request.if_match,
        )
        writes = self._kernel.writes
        apply = writes.merge_patch if kind == "merge_patch" else writes.json_patch
        outcome = await apply(
            request.database, request.id, patch, options, current(), if_match=request.if_match or None
        )
        return document_pb2.PatchDocumentResponse(result=write_result(outcome))

    async def DeleteDocument(
        self, request: document_pb2.DeleteDocumentRequest, context: RpcContext
    ) -> document_pb2.DeleteDocumentResponse:
        """Deletes documents."""
        body = await encode_body(list(request.ids), 0)
        outcome = await self._kernel.writes.delete(
            request.database,
            list(request.ids),
            write_options(request.options, current(), body, if_match=request.if_match),
            current(),
            if_match=request.if_match or None,
        )
        return document_pb2.DeleteDocumentResponse(result=write_result(outcome))

    async def ReadDocument(
        self, request: document_pb2.ReadDocumentRequest, context: RpcContext
    ) -> AsyncIterator[document_pb2.ReadDocumentResponse]:
        """One document in parts."""
        found, document = await self._kernel.reads.get_one(
            request.database, named_revision(request.revision), request.id, current()
        )
        for part in document_parts(document):
            yield document_pb2.ReadDocumentResponse(part=part, commit=found.state.commit or "")

    async def WriteDocument(
        self, request_iterator: AsyncIterator[document_pb2.WriteDocumentRequest], context: RpcContext
    ) -> document_pb2.WriteDocumentResponse:
        """One document in parts, as one commit."""
        assembler = PartAssembler(self._limits.document_bytes)
        first: document_pb2.WriteDocumentRequest | None = None
        async for message in request_iterator:
            first = first or message
            assembler.add(message.part)
        if first is None:
            raise InvalidInput("the stream has no message")
        text = assembler.document()
        document = await decode_body(text, "document")
        mode = put_mode(first.mode)
        body = await encode_body(document, len(text))
        outcome = await self._kernel.writes.put(
            first.database,
            [document],
            mode,
            write_options(first.options, current(), body, mode=mode),
            current(),
            size_bytes=len(text),
        )
        return document_pb2.WriteDocumentResponse(result=write_result(outcome))

    def _check_unary(self, documents: Sequence[StoredDocument]) -> None:
        size = sum(len(document.body) for document in documents)
        if size > self._limits.unary_body_bytes:
            raise self._use_stream("document", size)

    def _use_stream(self, field: str, size: int) -> TooLarge:
        limit = self._limits.unary_body_bytes
        return TooLarge(
            f"{field}: {size} bytes are more than {limit} for one message", field=field, reason=Reason.USE_STREAM
        )
