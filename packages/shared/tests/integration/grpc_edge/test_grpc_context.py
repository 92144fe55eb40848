"""What a call carries across, and who may call."""

import pytest
from grpc import StatusCode
from grpc.aio import AioRpcError
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from shared.context import CallContext, Caller
from shared.errors import TooLarge, Unauthenticated
from shared.grpc.generated.data_kernel.v1 import document_pb2, document_pb2_grpc

GRPC_OWN = {"user-agent", "grpc-accept-encoding", "accept-encoding", "grpc-previous-rpc-attempts"}


async def test_the_context_arrives_whole(edge) -> None:
    call = edge.alice(
        author="alice@oms",
        branch="dev/oms/main",
        commit_message="naïve, 雪\nline two",
        database="films",
        request_id="r-1",
        idempotency_key="k-1",
    )
    answer = await edge.get(call)
    seen = edge.documents.seen[0]
    assert answer.commit == "Movie/1"
    assert seen.caller == Caller("alice", "oms", frozenset({"admin"}))
    assert (seen.author, seen.branch, seen.commit_message) == (call.author, call.branch, call.commit_message)
    assert (seen.database, seen.request_id, seen.idempotency_key) == ("films", "r-1", "k-1")
    assert (seen.method, seen.route) == ("RPC", "/data_kernel.v1.DocumentService/GetDocument")
    assert seen.bearer_token == edge.token
    sent = edge.documents.metadata[0]
    assert "commit-msg-bin" in sent
    assert "commit-msg" not in sent


async def test_without_a_user_the_service_itself_calls(edge) -> None:
    await edge.get(CallContext())
    assert edge.documents.seen[0].caller == Caller("system", "oms")


async def test_only_the_whitelist_passes(edge) -> None:
    await edge.get(metadata=(("x-secret", "1"), ("model-version", "7"), ("x-database", "given")))
    sent = edge.documents.metadata[0]
    assert sent["model-version"] == "7"
    assert edge.documents.seen[0].database == "given"
    assert set(sent) - GRPC_OWN == {"authorization", "x-service-authorization", "model-version", "x-database"}


async def test_the_context_of_one_call_does_not_leak_into_the_next(edge) -> None:
    await edge.get(edge.alice(branch="dev/oms/main"))
    await edge.get()
    assert [seen.branch for seen in edge.documents.seen] == ["dev/oms/main", ""]


async def test_a_proxy_of_the_environment_is_not_for_peers(edge, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert (await edge.get()).commit == "Movie/1"


async def test_health_answers_without_a_token_for_each_service(edge) -> None:
    health = health_pb2_grpc.HealthStub(edge.bare_channel())
    for name in ("", "data_kernel.v1.DocumentService", "data_kernel.v1.QueryService"):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(AioRpcError) as caught:
        await health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert caught.value.code() is StatusCode.NOT_FOUND
    await edge.server.set_serving(is_serving=False)
    answer = await health.Check(health_pb2.HealthCheckRequest(service="data_kernel.v1.QueryService"))
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_reflection_answers_without_a_token(edge) -> None:
    requests = [reflection_pb2.ServerReflectionRequest(list_services="")]
    stub = reflection_pb2_grpc.ServerReflectionStub(edge.bare_channel())
    answers = [answer async for answer in stub.ServerReflectionInfo(iter(requests))]
    names = {service.name for service in answers[0].list_services_response.service}
    assert {"data_kernel.v1.DocumentService", "data_kernel.v1.QueryService", "grpc.health.v1.Health"} <= names


async def test_everything_else_needs_a_token(edge) -> None:
    stub = edge.stub(signed=False)
    with pytest.raises(Unauthenticated):
        await stub.GetDocument(document_pb2.GetDocumentRequest())
    with pytest.raises(Unauthenticated):
        async for _ in stub.ListDocuments(document_pb2.ListDocumentsRequest()):
            pass
    for bad in ("Basic x", "Bearer x.y.z"):
        with pytest.raises(Unauthenticated):
            await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(("authorization", bad),))
    assert edge.documents.seen == []


@pytest.mark.parametrize("size", [9_000, 40_000])
async def test_metadata_above_the_limit_are_refused(edge, size: int) -> None:
    with pytest.raises(TooLarge):
        await edge.get(edge.alice(commit_message="m" * size))
    assert edge.documents.seen == []


async def test_metadata_that_contradict_themselves_are_refused(edge) -> None:
    stub = document_pb2_grpc.DocumentServiceStub(edge.bare_channel())
    token = ("authorization", f"Bearer {edge.token}")
    for bad in (
        (("branch", "a"), ("branch-bin", b"b")),
        (("branch", "a"), ("branch", "b")),
        (("author-bin", b"\xff\xfe"),),
    ):
        with pytest.raises(AioRpcError) as caught:
            await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(token, *bad))
        assert caught.value.code() is StatusCode.INVALID_ARGUMENT
    agreeing = (("branch", "a"), ("branch-bin", b"a"))
    await stub.GetDocument(document_pb2.GetDocumentRequest(), metadata=(token, *agreeing))
    assert [seen.branch for seen in edge.documents.seen] == ["a"]
