import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from fastapi import APIRouter, Request
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import context
from shared.context import CallContext
from shared.errors import DeadlineExceeded, NotFound, Unavailable, ValidationFailed, Violation
from shared.http.client import open_http_client, raise_for_problem
from shared.telemetry import Telemetry

CALL = CallContext(
    author="Zoë@oms",
    branch="dev/oms/main",
    commit_message="first line\nsecond",
    database="oms",
    request_id="r-1",
    idempotency_key="k",
)


@pytest.fixture
def router() -> APIRouter:
    router = APIRouter()

    @router.get("/seen")
    async def seen(request: Request) -> dict[str, object]:
        call = context.current()
        return {
            "actor": call.caller.actor if call.caller else None,
            "attributes": [call.author, call.branch, call.commit_message, call.database, call.request_id],
            "key": call.idempotency_key,
            "trace_id": call.trace_id,
            "names": sorted(request.headers),
        }

    @router.get("/refused")
    async def refuse() -> None:
        raise ValidationFailed("refused", field="year", violations=[Violation("Movie/1#/year", "type", "no number")])

    return router


def client_of(app, **parts: object) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app)
    return open_http_client("http://kernel", audience="data-kernel", transport=transport, **parts)


async def test_context_and_identity_go_along(make_app, router, identities):
    call = replace(CALL, bearer_token=identities.token("alice"))
    async with client_of(make_app(router), signer=identities.signer("oms")) as client:
        with context.use(call):
            seen = (await client.get("/seen")).json()
    assert seen["actor"] == "alice@oms"
    assert seen["attributes"] == ["Zoë@oms", "dev/oms/main", "first line\nsecond", "oms", "r-1"]
    assert seen["key"] == "k"


async def test_background_work_goes_as_the_service(make_app, router, identities):
    async with client_of(make_app(router), signer=identities.signer("oms")) as client:
        assert (await client.get("/seen")).json()["actor"] == "system@oms"


async def test_a_header_of_the_request_itself_stands(make_app, router, identities):
    async with client_of(make_app(router), signer=identities.signer("oms")) as client:
        with context.use(CALL):
            seen = (await client.get("/seen", headers={"Idempotency-Key": "own"})).json()
    assert seen["key"] == "own"


async def test_one_trace_with_a_client_span(make_app, router, identities):
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry("oms", tracer_provider=provider)
    app = make_app(router, telemetry=telemetry)
    async with client_of(app, signer=identities.signer("oms"), telemetry=telemetry) as client:
        with telemetry.tracer.start_as_current_span("work") as work:
            seen = (await client.get("/seen")).json()
    server, client_span, _ = exporter.get_finished_spans()
    assert (server.name, client_span.name) == ("GET /seen", "GET")
    assert server.parent.span_id == client_span.context.span_id
    assert client_span.parent.span_id == work.get_span_context().span_id
    assert seen["trace_id"] == f"{work.get_span_context().trace_id:032x}"


async def test_problem_becomes_the_error_again(make_app, router, identities):
    async with client_of(make_app(router), signer=identities.signer("oms")) as client:
        raise_for_problem(await client.get("/seen"))
        with pytest.raises(ValidationFailed, match="refused") as caught:
            raise_for_problem(await client.get("/refused"))
        with pytest.raises(NotFound):
            raise_for_problem(await client.get("/nowhere"))
    assert caught.value.field == "year"
    assert caught.value.violations == (Violation("Movie/1#/year", "type", "no number"),)


async def test_a_streamed_answer_is_passed_through(make_app, router, identities):
    async with (
        client_of(make_app(router), signer=identities.signer("oms")) as client,
        client.stream("GET", "/seen") as answer,
    ):
        assert len([part async for part in answer.aiter_bytes()]) > 0


async def test_a_peer_that_is_away_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with open_http_client(url, audience="data-kernel") as client:
            with pytest.raises(Unavailable, match="data-kernel is away") as caught:
                await client.get("/seen")
    assert caught.value.retry_after_s == 1


async def test_a_peer_that_does_not_answer_exceeds_the_deadline():
    async def hang(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    transport = httpx2.MockTransport(hang)
    async with open_http_client("http://kernel", audience="oms", timeout_s=0.05, transport=transport) as client:
        with pytest.raises(DeadlineExceeded, match="oms did not answer in time"):
            await client.get("/seen")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (httpx2.ConnectTimeout("x"), Unavailable),
        (httpx2.ReadTimeout("x"), DeadlineExceeded),
        (httpx2.ReadError("x"), Unavailable),
        (httpx2.RemoteProtocolError("x"), Unavailable),
    ],
)
async def test_failures_while_the_body_is_read_are_the_platforms_errors(error, raised):
    async def breaks_off() -> AsyncIterator[bytes]:
        yield b"part"
        raise error

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=breaks_off()))
    async with open_http_client("http://kernel", audience="oms", transport=transport) as client:
        with pytest.raises(raised):
            await client.get("/seen")
