"""CloudEvents over HTTP, posted as the SDK writes them."""

import json
from typing import Any

import httpx2
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from event_gateway_testing.events import ALL, subscribed
from event_gateway_testing.gateway_process import GatewayProcess
from event_gateway_testing.waiting import until

TYPE = "io.oms.tested.v1"


def sdk_event(number: int, **extensions: str) -> CloudEvent:
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(number),
        "source": "https://sdk.example/tests",
        "type": TYPE,
        "datacontenttype": "application/json",
        "partitionkey": "ü",
    }
    return CloudEvent(attributes | extensions, {"number": number})


async def post(http: httpx2.AsyncClient, message: HTTPMessage) -> httpx2.Response:
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    return await http.post("/events", headers=dict(message.headers), content=body)


async def test_takes_what_the_sdk_posts_in_binary_and_structured_mode(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.http() as http:
        binary = await post(http, to_binary_event(sdk_event(1)))
        structured = await post(http, to_structured_event(sdk_event(2)))
        again = await post(http, to_structured_event(sdk_event(1)))
    assert binary.status_code == structured.status_code == again.status_code == 200
    assert binary.json() == {"queued": False, "duplicate": False, "sequence": 1}
    assert structured.json()["sequence"] == 2
    assert again.json() == {"queued": False, "duplicate": True, "sequence": 1}
    async with gateway.stub() as stub, subscribed(stub, start=ALL, partition_key="ü") as subscriber:
        first, second = await subscriber.next(), await subscriber.next()
    assert first.event.data == b'{"number":1}'
    assert second.event.data == b'{"number":2}'
    assert first.event.source == second.event.source == "https://sdk.example/tests"


async def test_takes_a_batch(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    events = [json.loads(bytes(to_structured_event(sdk_event(n)).body)) for n in range(3)]
    headers = {"content-type": "application/cloudevents-batch+json; charset=utf-8"}
    async with gateway.http() as http:
        answer = await http.post("/events", headers=headers, content=json.dumps(events))
        empty = await http.post("/events", headers=headers, content="[]")
    assert answer.status_code == 200
    assert [result["sequence"] for result in answer.json()["results"]] == [1, 2, 3]
    assert empty.json() == {"results": []}


STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
GOOD = '{"specversion":"1.0","id":"1","source":"/s","type":"a.b"}'


@pytest.mark.parametrize(
    ("headers", "body", "status", "paths"),
    [
        (STRUCTURED, "{", 400, None),
        (STRUCTURED, "[]", 400, None),
        (STRUCTURED, '{"a":1,"a":2}', 400, None),
        ({"content-type": "application/json"}, "{}", 400, None),
        (STRUCTURED, "{}", 422, ["/id", "/source", "/specversion", "/type"]),
        (
            STRUCTURED,
            '{"specversion":"0.3","id":"","source":"a b","type":"a.b"}',
            422,
            ["/id", "/source", "/specversion"],
        ),
        ({"ce-id": "1", "ce-source": "/s"}, "", 422, ["/specversion", "/type"]),
        (BATCH, f'[{GOOD},{{"id":"2"}},7]', 422, ["/1/source", "/1/specversion", "/1/type", "/2"]),
        (STRUCTURED, '{"data":"' + "x" * 70_000 + '"}', 413, None),
        (BATCH, f"[{','.join([GOOD] * 1001)}]", 413, None),
    ],
)
async def test_bad_events_are_problems(
    quiet_gateway: GatewayProcess, headers: dict[str, str], body: str, status: int, paths: list[str] | None
) -> None:
    async with quiet_gateway.http() as http:
        answer = await http.post("/events", headers=headers, content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    if paths is not None:
        assert sorted(violation["path"] for violation in answer.json()["violations"]) == paths


async def test_a_stranger_is_turned_away_and_the_probes_are_open(quiet_gateway: GatewayProcess) -> None:
    await quiet_gateway.wait_ready()
    async with httpx2.AsyncClient(base_url=quiet_gateway.http_url, trust_env=False) as stranger:
        assert (await stranger.post("/events", headers=STRUCTURED, content=GOOD)).status_code == 401
        for path in ("/healthz", "/readyz", "/liveness", "/metrics", "/docs"):
            assert (await stranger.get(path)).status_code == 200
        document = (await stranger.get("/openapi.json")).json()
    assert set(document["paths"]["/events"]["post"]["requestBody"]["content"]) >= set(STRUCTURED.values())


async def test_without_the_broker_an_event_is_accepted_as_queued(gateway: GatewayProcess, nats_process: Any) -> None:
    await gateway.wait_ready()
    nats_process.kill()
    async with gateway.http() as http:
        answer = await http.post("/events", headers=STRUCTURED, content=GOOD)
        batch = await http.post("/events", headers=BATCH, content=f"[{GOOD}]")
        alive = await http.get("/liveness")
    assert answer.status_code == batch.status_code == 202
    assert answer.json() == {"queued": True, "duplicate": False, "sequence": 0}
    assert batch.json()["results"] == [{"queued": True, "duplicate": True, "sequence": 0}]
    assert alive.status_code == 503


async def test_the_publishing_span_is_a_child_of_the_requests(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    trace_id, caller_span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    headers = {**STRUCTURED, "traceparent": f"00-{trace_id}-{caller_span}-01"}
    async with gateway.http() as http:
        assert (await http.post("/events", headers=headers, content=GOOD)).status_code == 200
    by_kind = await until(lambda: gateway.spans(trace_id))
    assert by_kind["SERVER"]["parent_span_id"] == caller_span
    assert by_kind["PRODUCER"]["parent_span_id"] == by_kind["SERVER"]["span_id"]
