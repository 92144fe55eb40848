"""Documents as messages of at most about 1 MB: several small ones together, a large one in parts."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from data_kernel.domain.documents import StoredDocument
from shared.errors import InvalidInput, TooLarge
from shared.grpc.generated.data_kernel.v1 import document_pb2
from shared.limits import MB

MESSAGE_BYTES = MB

Etag = Callable[[StoredDocument], str]


def document_batches(documents: Iterable[StoredDocument], etag: Etag) -> Iterator[document_pb2.DocumentBatch]:
    """The documents in order; one of more than 1 MB comes as its parts, without an entity tag."""
    batch, size = document_pb2.DocumentBatch(), 0
    for document in documents:
        if batch.documents and size + len(document.body) > MESSAGE_BYTES:
            yield batch
            batch, size = document_pb2.DocumentBatch(), 0
        if len(document.body) > MESSAGE_BYTES:
            yield from (document_pb2.DocumentBatch(part=part) for part in document_parts(document))
        else:
            batch.documents.add(id=document.id, json=document.body, etag=etag(document))
            size += len(document.body)
    if batch.documents:
        yield batch


def document_parts(document: StoredDocument) -> Iterator[document_pb2.DocumentPart]:
    """One document as pieces of 1 MB; the last one carries the hash of the whole."""
    total = len(document.body)
    for offset in range(0, total, MESSAGE_BYTES):
        last = offset + MESSAGE_BYTES >= total
        yield document_pb2.DocumentPart(
            id=document.id,
            offset=offset,
            total_bytes=total,
            last=last,
            sha256=hashlib.sha256(document.body).digest() if last else b"",
            data=document.body[offset : offset + MESSAGE_BYTES],
        )


class PartAssembler:
    """Puts a document of at most `limit_bytes` together from parts that follow one another."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._data = bytearray()
        self._total_bytes: int | None = None
        self._complete = False

    def add(self, part: document_pb2.DocumentPart) -> None:
        """Take the next part; `InvalidInput` where it does not follow or the hash differs, `TooLarge`."""
        if self._total_bytes is None:
            self._total_bytes = part.total_bytes
        if part.total_bytes > self._limit_bytes:
            raise TooLarge(
                f"part: {part.total_bytes} bytes are more than {self._limit_bytes}", field="part.total_bytes"
            )
        if self._complete or part.total_bytes != self._total_bytes or part.offset != len(self._data):
            raise InvalidInput("part: it does not follow the one before", field="part.offset")
        self._data += part.data
        if len(self._data) > self._total_bytes:
            raise InvalidInput("part: there are more bytes than total_bytes says", field="part.data")
        if part.last:
            self._finish(part.sha256)

    def document(self) -> bytes:
        """The whole document; `InvalidInput` before its last part has come."""
        if not self._complete:
            raise InvalidInput("part: the stream ended before the last part", field="part.last")
        return bytes(self._data)

    def _finish(self, sha256: bytes) -> None:
        if len(self._data) != self._total_bytes:
            raise InvalidInput("part: there are fewer bytes than total_bytes says", field="part.last")
        if hashlib.sha256(self._data).digest() != sha256:
            raise InvalidInput("part: the hash of the document is another", field="part.sha256")
        self._complete = True
