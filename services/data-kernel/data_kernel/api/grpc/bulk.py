"""A bulk load in progress: documents gathered from a stream and committed in slices, or all at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from data_kernel.api.grpc.mapping import put_mode, write_options
from data_kernel.application.bodies import decode_body
from data_kernel.application.kernel import Kernel
from shared.canonical import Json, encode
from shared.context import CallContext
from shared.errors import TooLarge
from shared.grpc.generated.data_kernel.v1 import document_pb2
from shared.grpc.metadata import merge_field
from shared.limits import MB

if TYPE_CHECKING:
    from data_kernel.application.ports import WriteOutcome

SLICE_DOCUMENTS = 1000
SLICE_BYTES = 4 * MB


class BulkLoad:
    """Commits every 1 000 documents or 4 MB, or with `atomic` once at the end.

    An idempotency key is extended by `/<commit number>` from 1; an expected head is the first commit's, and each later
    commit then expects the one before.
    """

    def __init__(self, kernel: Kernel, first: document_pb2.BulkPutDocumentsRequest, context: CallContext) -> None:
        self._kernel = kernel
        self._first = first
        self._context = context
        self._limit_bytes = kernel.settings.limits.request_body_bytes
        self._slice: list[Json] = []
        self._slice_bytes = 0
        self._summary = document_pb2.BulkPutDocumentsResponse()
        self._last: WriteOutcome | None = None

    async def add(self, texts: Sequence[bytes]) -> None:
        """Take documents in, and commit whenever a slice is full."""
        for text in texts:
            position = self._summary.documents + len(self._slice)
            self._slice.append(await decode_body(text, f"documents/{position}"))
            self._slice_bytes += len(text)
            if self._first.atomic:
                self._check_atomic()
            elif len(self._slice) >= SLICE_DOCUMENTS or self._slice_bytes >= SLICE_BYTES:
                await self._commit()

    async def finish(self) -> document_pb2.BulkPutDocumentsResponse:
        """Commit what is left and sum up; a load without documents is refused like any empty write."""
        if self._slice or self._last is None:
            await self._commit()
        return self._summary

    async def _commit(self) -> None:
        number = self._summary.commits + 1
        mode, options = put_mode(self._first.mode), self._options(number)
        body = encode(self._slice) if options.idempotency_key else b""  # only a key's fingerprint covers it
        outcome = await self._kernel.writes.put(
            self._first.database,
            self._slice,
            mode,
            write_options(options, self._without_key(), body, mode=mode),
            self._context,
            size_bytes=self._slice_bytes,
        )
        self._summary.documents += len(self._slice)
        self._summary.commits = number
        self._summary.commit, self._summary.branch = outcome.commit or "", outcome.branch
        self._slice, self._slice_bytes, self._last = [], 0, outcome

    def _options(self, number: int) -> document_pb2.WriteOptions:
        options = document_pb2.WriteOptions()
        options.CopyFrom(self._first.options)
        key = merge_field("idempotency_key", options.idempotency_key, self._context.idempotency_key)
        options.idempotency_key = f"{key}/{number}" if key else ""
        if options.expected_head and self._last is not None and not options.dry_run:
            options.expected_head = self._last.commit or ""
        return options

    def _without_key(self) -> CallContext:
        return replace(self._context, idempotency_key="")

    def _check_atomic(self) -> None:
        if self._slice_bytes > self._limit_bytes:
            raise TooLarge(f"documents: more than {self._limit_bytes} bytes for one commit", field="documents")
