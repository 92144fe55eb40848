"""Spans, trace ids and metrics of calls."""

import pytest

from shared.errors import Unavailable
from shared.grpc.generated.data_kernel.v1 import document_pb2, document_pb2_grpc
from shared.telemetry import Telemetry

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


async def test_the_spans_of_client_and_server_make_one_trace(edge) -> None:
    with edge.telemetry.tracer.start_as_current_span("test") as parent:
        await edge.stub(telemetry=edge.telemetry).GetDocument(document_pb2.GetDocumentRequest(id="Movie/1"))
    await edge.until(lambda: len(edge.spans.get_finished_spans()) == 3)
    spans = {span.kind.name: span for span in edge.spans.get_finished_spans()}
    client, server = spans["CLIENT"], spans["SERVER"]
    assert client.parent.span_id == parent.get_span_context().span_id
    assert server.parent.span_id == client.context.span_id
    assert server.context.trace_id == parent.get_span_context().trace_id
    assert server.name == "data_kernel.v1.DocumentService/GetDocument"
    assert dict(server.attributes) == {
        "rpc.system.name": "grpc",
        "rpc.method": "data_kernel.v1.DocumentService/GetDocument",
        "rpc.response.status_code": "OK",
    }
    trace_id = f"{server.context.trace_id:032x}"
    assert edge.documents.trace_id == trace_id
    assert edge.documents.seen[0].trace_id == trace_id


async def test_a_failed_call_is_seen_in_span_and_metrics(edge) -> None:
    edge.documents.fail(Unavailable("store", retry_after_s=0.01))
    with pytest.raises(Unavailable):
        await edge.stub(telemetry=edge.telemetry).BulkPutDocuments(iter([document_pb2.BulkPutDocumentsRequest()]))
    await edge.until(lambda: len(edge.spans.get_finished_spans()) == 2)
    for span in edge.spans.get_finished_spans():
        assert span.attributes["error.type"] == "UNAVAILABLE"
        assert not span.status.is_ok
    method = "data_kernel.v1.DocumentService/BulkPutDocuments"
    labels = {"service": "data-kernel", "method": method, "code": "UNAVAILABLE"}
    registry = edge.telemetry.registry
    for side in ("server", "client"):
        assert registry.get_sample_value(f"rpc_{side}_duration_seconds_count", labels) == 1
        assert registry.get_sample_value(f"rpc_{side}_in_flight", {"service": "data-kernel"}) == 0


async def test_the_callers_trace_is_kept_and_nonsense_is_not(edge) -> None:
    stub = document_pb2_grpc.DocumentServiceStub(edge.bare_channel())
    token = ("authorization", f"Bearer {edge.token}")
    await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(token, ("traceparent", TRACEPARENT)))
    await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(token, ("traceparent", "00-nonsense")))
    first, second = (seen.trace_id for seen in edge.documents.seen)
    assert first == TRACE_ID
    assert len(second) == 32
    assert second != TRACE_ID


async def test_a_client_without_telemetry_starts_no_trace(edge) -> None:
    await edge.get()
    assert "traceparent" not in edge.documents.metadata[0]
    assert len(edge.documents.seen[0].trace_id) == 32


async def test_a_client_that_records_nothing_still_carries_one_trace(edge) -> None:
    telemetry = Telemetry.off("oms")
    stub = edge.stub(telemetry=telemetry)
    with telemetry.tracer.start_as_current_span("request"):
        await stub.GetDocument(document_pb2.GetDocumentRequest())
        await stub.GetDocument(document_pb2.GetDocumentRequest())
    ids = {seen.trace_id for seen in edge.documents.seen}
    assert len(ids) == 1
    assert edge.documents.metadata[0]["traceparent"].split("-")[1] == ids.pop()
    assert edge.spans.get_finished_spans() == ()
