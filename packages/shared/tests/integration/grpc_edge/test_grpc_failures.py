"""How errors of all sorts reach the client."""

import asyncio

import pytest
import structlog

from shared.errors import (
    InvalidInput,
    OmsError,
    Reason,
    TooLarge,
    Unavailable,
    Unsupported,
    ValidationFailed,
    Violation,
    from_reason,
)
from shared.grpc.generated.data_kernel.v1 import document_pb2, query_pb2, query_pb2_grpc


@pytest.mark.parametrize("reason", list(Reason))
async def test_every_reason_comes_back_as_it_was_raised(edge, reason: Reason) -> None:
    violations = (Violation("Movie/1#/year", "type", "is no integer"), Violation("Movie/ü#/a", "required", "fehlt"))
    sent = from_reason(reason, f"detail ä of {reason}", field="id", violations=violations, retry_after_s=1.5)
    edge.documents.fail(sent)
    with pytest.raises(type(sent)) as caught:
        await edge.get()
    got = caught.value
    assert (got.reason, got.detail, got.field) == (reason, sent.detail, "id")
    assert got.violations == violations
    assert got.retry_after_s == 1.5


async def test_every_witness_of_a_large_refusal_arrives(edge) -> None:
    violations = [Violation(f"Movie/{number}#/year", "type", "is no integer") for number in range(5_000)]
    edge.documents.fail(ValidationFailed("5000 violations", violations=violations))
    with pytest.raises(ValidationFailed) as caught:
        await edge.get()
    assert caught.value.violations == tuple(violations)


async def test_a_fault_of_the_server_tells_nothing_and_is_logged(edge) -> None:
    edge.documents.fail(RuntimeError("the document is {secret}"))
    with structlog.testing.capture_logs() as logs, pytest.raises(OmsError) as caught:
        await edge.get()
    assert caught.value.reason is Reason.INTERNAL
    assert "secret" not in repr(caught.value.__cause__)
    assert "secret" not in caught.value.detail
    assert [(line["event"], line["route"]) for line in logs] == [
        ("rpc_failed", "/data_kernel.v1.DocumentService/GetDocument")
    ]


async def test_a_method_that_is_left_out_or_unknown_is_unsupported(edge) -> None:
    stub = query_pb2_grpc.QueryServiceStub(edge.channel())
    with pytest.raises(Unsupported):
        async for _ in stub.ExecuteQuery(query_pb2.ExecuteQueryRequest()):
            pass
    with pytest.raises(Unsupported):
        await edge.channel().unary_unary("/data_kernel.v1.DocumentService/Nothing")(b"")


async def test_a_message_that_does_not_parse_is_invalid_input(edge) -> None:
    with pytest.raises(InvalidInput):
        await edge.channel().unary_unary("/data_kernel.v1.DocumentService/GetDocument")(b"\xff")
    with pytest.raises(InvalidInput):
        await edge.channel().stream_unary("/data_kernel.v1.DocumentService/BulkPutDocuments")(iter([b"\xff"]))


async def test_a_message_above_the_limit_is_too_large(edge) -> None:
    with pytest.raises(TooLarge):
        await edge.stub().GetDocument(document_pb2.GetDocumentRequest(id="x" * (4 * 1024 * 1024 + 1)))
    assert edge.documents.seen == []


async def test_an_error_in_the_middle_of_a_stream_keeps_its_reason(edge) -> None:
    edge.documents.pages_until_error = 2
    edge.documents.error = from_reason(Reason.GONE, "the commit was purged")
    answers = aiter(edge.list())
    assert [(await anext(answers)).commit, (await anext(answers)).commit] == ["0", "1"]
    with pytest.raises(OmsError) as caught:
        await anext(answers)
    assert caught.value.reason is Reason.GONE


async def test_reading_message_by_message_gives_the_same_error(edge) -> None:
    edge.documents.pages_until_error = 1
    edge.documents.error = from_reason(Reason.GONE, "the commit was purged")
    call = edge.list()
    assert (await call.read()).commit == "0"
    with pytest.raises(OmsError) as caught:
        await call.read()
    assert caught.value.reason is Reason.GONE


async def test_a_read_is_repeated_where_the_server_is_away_for_a_moment(edge) -> None:
    edge.documents.fail(Unavailable("for a moment"), times=2)
    assert (await edge.get()).commit == "Movie/1"
    assert len(edge.documents.seen) == 3


async def test_a_read_is_not_repeated_before_the_time_that_the_server_names(edge) -> None:
    edge.documents.fail(Unavailable("for a while", retry_after_s=0.001))
    with pytest.raises(Unavailable):
        await edge.get()
    assert len(edge.documents.seen) == 1


async def test_a_write_is_not_repeated(edge) -> None:
    edge.documents.fail(Unavailable("for a moment"))
    with pytest.raises(Unavailable):
        await edge.stub().BulkPutDocuments(iter([document_pb2.BulkPutDocumentsRequest()]))
    assert len(edge.documents.seen) == 1


async def test_a_server_that_is_not_there_is_unavailable_and_names_no_address(edge) -> None:
    stub = edge.stub()
    await edge.server.stop(0)
    with pytest.raises(Unavailable) as caught:
        await stub.GetDocument(document_pb2.GetDocumentRequest())
    assert "127.0.0.1" not in caught.value.detail
    assert caught.value.retry_after_s


async def test_a_call_that_is_broken_off_is_no_cancellation_of_its_caller(edge) -> None:
    edge.documents.wait_s = 60
    call = edge.stub().GetDocument(document_pb2.GetDocumentRequest(id="1"))

    async def ask() -> None:
        await call

    asking = asyncio.create_task(ask())
    await edge.until(lambda: bool(edge.documents.seen))
    call.cancel()
    with pytest.raises(Unavailable):
        await asking
