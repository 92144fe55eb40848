"""Documents as messages and back."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.api.grpc.batching import MESSAGE_BYTES, PartAssembler, document_batches, document_parts
from data_kernel.domain.documents import StoredDocument
from shared.errors import InvalidInput, TooLarge
from shared.grpc.generated.data_kernel.v1 import document_pb2

SIZES = st.lists(st.integers(1, 3 * MESSAGE_BYTES), max_size=6)


def document(number: int, size: int) -> StoredDocument:
    return StoredDocument(f"Movie/{number}", "Movie", bytes([number]) * size)


@given(SIZES)
def test_batches_hold_every_document_once_in_order_and_stay_small(sizes: list[int]) -> None:
    documents = [document(number, size) for number, size in enumerate(sizes)]
    seen: dict[str, bytes] = {}
    for batch in document_batches(documents, lambda stored: f'"{stored.id}"'):
        assert sum(len(entry.json) for entry in batch.documents) + len(batch.part.data) <= MESSAGE_BYTES
        assert bool(batch.documents) != batch.HasField("part")
        for entry in batch.documents:
            assert entry.etag == f'"{entry.id}"'
            seen[entry.id] = entry.json
        if batch.HasField("part"):
            seen[batch.part.id] = seen.get(batch.part.id, b"") + batch.part.data
    assert list(seen.items()) == [(stored.id, stored.body) for stored in documents]


@given(st.integers(1, 3 * MESSAGE_BYTES))
def test_parts_are_put_together_again(size: int) -> None:
    whole = document(7, size)
    assembler = PartAssembler(limit_bytes=size)
    for part in document_parts(whole):
        assembler.add(part)
    assert assembler.document() == whole.body


def test_a_document_beyond_the_limit_is_refused_at_its_first_part() -> None:
    with pytest.raises(TooLarge):
        PartAssembler(limit_bytes=10).add(document_pb2.DocumentPart(total_bytes=11))


def test_parts_out_of_order_or_beyond_the_end_are_refused() -> None:
    body = b"abc"
    last = document_pb2.DocumentPart(total_bytes=3, data=body, last=True, sha256=hashlib.sha256(body).digest())
    for second in (last, document_pb2.DocumentPart(total_bytes=3, offset=3)):
        assembler = PartAssembler(limit_bytes=10)
        assembler.add(last)
        with pytest.raises(InvalidInput):
            assembler.add(second)
    with pytest.raises(InvalidInput):
        PartAssembler(limit_bytes=10).add(document_pb2.DocumentPart(total_bytes=2, data=body))
    with pytest.raises(InvalidInput):
        PartAssembler(limit_bytes=10).document()
