"""Streams, deadlines, cancellation, and the end of a server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from grpc import StatusCode
from grpc.aio import EOF, AioRpcError

from shared import context as call_context
from shared.errors import DeadlineExceeded, Unavailable
from shared.grpc.deadlines import deadline_in
from shared.grpc.generated.data_kernel.v1 import document_pb2, document_pb2_grpc
from shared.grpc.server import PortTaken

ROUNDED_UP_S = 0.1  # gRPC rounds a timeout up on its way to the server


async def requests(*sizes: int) -> AsyncIterator[document_pb2.BulkPutDocumentsRequest]:
    for size in sizes:
        yield document_pb2.BulkPutDocumentsRequest(documents=[b"{}"] * size)


async def read_to_end(stream) -> None:
    while await stream.read() is not EOF:
        pass


async def test_streams_carry_messages_both_ways(edge) -> None:
    with call_context.use(edge.alice()):
        assert [answer.commit async for answer in edge.list()] == ["0", "1", "2"]
        assert (await edge.stub().BulkPutDocuments(requests(1, 2, 3))).documents == 6
        call = edge.stub().BulkPutDocuments()
        await call.write(document_pb2.BulkPutDocumentsRequest(documents=[b"{}"]))
        await call.done_writing()
        assert (await call).documents == 7
    assert {seen.caller.actor for seen in edge.documents.seen} == {"alice@oms"}


async def test_a_deadline_ends_the_stream_and_its_generator(edge) -> None:
    edge.documents.endless = True
    with pytest.raises(DeadlineExceeded):
        async for _ in edge.list(timeout=0.3):
            pass
    await edge.until(edge.documents.closed.is_set)
    sent = edge.documents.pages_sent
    await edge.get()
    assert edge.documents.pages_sent == sent


async def test_a_client_that_reads_no_more_does_not_keep_the_generator(edge) -> None:
    """The server waits in a write, between two messages, when the deadline comes."""
    edge.documents.endless = True
    call = edge.list(timeout=0.5)
    assert (await call.read()).commit == "0"
    await edge.until(edge.documents.closed.is_set)
    assert edge.documents.pages_sent < 10_000


async def test_cancelling_a_stream_ends_its_generator(edge) -> None:
    edge.documents.endless = True
    call = edge.list()
    await call.read()
    call.cancel()
    await edge.until(edge.documents.closed.is_set)


async def test_leaving_a_stream_ends_its_generator(edge) -> None:
    edge.documents.endless = True
    answers = aiter(edge.list())
    await anext(answers)
    await answers.aclose()
    await edge.until(edge.documents.closed.is_set)


async def test_cancelling_the_task_of_a_unary_call_cancels_the_servers(edge) -> None:
    edge.documents.wait_s = 60.0
    task = asyncio.ensure_future(edge.get())
    await edge.until(lambda: bool(edge.documents.seen))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await edge.until(edge.documents.closed.is_set)


async def test_a_unary_call_has_a_deadline_in_any_case(edge) -> None:
    await edge.get()
    assert 5 < edge.documents.time_remaining < 10 + ROUNDED_UP_S
    stub = document_pb2_grpc.DocumentServiceStub(edge.bare_channel())
    await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(("authorization", f"Bearer {edge.token}"),))
    assert 25 < edge.documents.time_remaining <= 30


async def test_past_its_deadline_a_unary_call_is_stopped(edge) -> None:
    edge.documents.wait_s = 60.0
    with pytest.raises(DeadlineExceeded):
        await edge.get(timeout=0.2)
    await edge.until(edge.documents.closed.is_set)


async def test_without_a_deadline_of_the_client_the_servers_own_stops_a_unary_call(edge) -> None:
    edge.server._interceptor._unary_deadline_s = 0.1
    edge.documents.wait_s = 60.0
    stub = document_pb2_grpc.DocumentServiceStub(edge.bare_channel())
    with pytest.raises(AioRpcError) as caught:
        await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(("authorization", f"Bearer {edge.token}"),))
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    assert edge.documents.closed.is_set()


async def test_a_call_within_a_call_has_no_more_time_than_it(edge) -> None:
    with deadline_in(2.0):
        await edge.get()
        assert edge.documents.time_remaining < 2.0 + ROUNDED_UP_S
        assert len([answer async for answer in edge.list()]) == 3
    assert edge.documents.time_remaining < 2.0 + ROUNDED_UP_S


async def test_stopping_ends_open_streams_and_lets_unary_calls_finish(edge) -> None:
    edge.documents.wait_s = 0.3
    edge.documents.endless = True
    unary = asyncio.ensure_future(edge.get())
    stream = edge.list()
    await stream.read()
    await edge.until(lambda: len(edge.documents.seen) == 2)
    stopping = asyncio.ensure_future(edge.server.stop(5.0))
    async with asyncio.timeout(3.0):
        with pytest.raises(Unavailable):
            await read_to_end(stream)
        assert (await unary).commit == "Movie/1"
        await stopping


async def test_a_taken_port_is_one_clear_line(edge, run_edge, tmp_path: Path, capfd) -> None:
    other = tmp_path / "other"
    other.mkdir()
    port = edge.server.port
    line = rf"^cannot listen on gRPC port {port} of 127\.0\.0\.1: Address already in use$"
    with pytest.raises(PortTaken, match=line):
        async with run_edge(other, grpc_port=port):
            pass
    assert capfd.readouterr().err == ""
