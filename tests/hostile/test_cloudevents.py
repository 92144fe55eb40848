"""Mutations of good CloudEvents over `POST /events`: each is accepted or refused by name, whatever is done to it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.platform import Platform
from support.problems import faults_of

GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "urn:oms:dev:hostile",
    "type": "io.oms.hostile.v1",
    "subject": "Movie/1",
    "time": "2026-01-31T12:00:00Z",
    "datacontenttype": "application/json",
    "dataschema": "urn:schema:1",
    "partitionkey": "one",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "data": {"a": [1, 2.5, "x", None]},
}
REQUIRED = ("specversion", "id", "source", "type")
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
OTHERS = ("subject", "time", "dataschema", "ext", "data", "data_base64")
EVENT_LIMIT_BYTES = 64 * 1024
PHASES = (Phase.explicit, Phase.generate)
TEXTS = st.sampled_from(["", " ", "\x00", "a\r\nb", "..", "*", ">", "a.*", "ü💩\u202e", "x" * 5_000, "9" * 5_000])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=3)
NAMES = st.sampled_from(sorted(GOOD)) | st.sampled_from(["data_base64", "UPPER", "a" * 21, "a-b", "é", "knative", ""])


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """The bytes of a good event with some attributes left out, put in or put in twice, and some bytes changed."""
    event = dict(GOOD)
    for name in draw(st.lists(NAMES, max_size=3)):
        if draw(st.booleans()):
            event.pop(name, None)
        else:
            event[name] = draw(VALUES)
    body = json.dumps(event, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(body)), st.binary(max_size=3)), max_size=2)):
        body = body[:place] + byte + body[place + draw(st.integers(0, 2)) :]
    return body


@pytest.fixture(scope="module")
def gateway(platform: Platform) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=platform.gateway_url, headers=platform.authorization("admin"), timeout=30) as client:
        yield client


@pytest.mark.parametrize("batch", [False, True], ids=["structured", "batch"])
def test_a_mutated_event(gateway: httpx2.Client, batch: bool) -> None:
    @settings(phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(st.lists(mutations(), min_size=1, max_size=3) if batch else mutations().map(lambda one: [one]))
    def run(bodies: list[bytes]) -> None:
        body = b"[" + b",".join(bodies) + b"]" if batch else bodies[0]
        _assert_told(_post(gateway, body, BATCH if batch else STRUCTURED), body)

    run()


def test_a_mutated_event_in_binary_mode(gateway: httpx2.Client) -> None:
    header_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60) | st.just("%FF%00")

    @settings(phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(
        st.dictionaries(st.sampled_from([*REQUIRED, *OTHERS]), header_values),
        st.sampled_from(["application/json", "text/plain", "application/octet-stream", "", "x", "text/x; charset=x"]),
        st.sampled_from([b"", b"{}", b"{", b"\xff", b"NaN", b'"\\ud800"', b"9" * 5_000]) | st.binary(max_size=40),
    )
    def run(changed: dict[str, str], media_type: str, body: bytes) -> None:
        own = {name: GOOD[name] for name in REQUIRED} | changed
        headers = [(b"content-type", media_type.encode())]
        headers += [(f"ce-{name}".encode(), value.strip().encode("latin-1")) for name, value in own.items()]
        answer = gateway.post("/events", content=body, headers=headers)
        _assert_told(answer, repr((own, media_type, body)).encode())

    run()


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [..., "", None, 1, [], {}, "\x00", "x" * 5_000], ids=lambda value: str(value)[:8])
def test_a_required_attribute_is_named_where_it_is_at_fault(gateway: httpx2.Client, name: str, value: Any) -> None:
    event = {key: each for key, each in GOOD.items() if key != name} | ({} if value is ... else {name: value})
    answer = _post(gateway, json.dumps(event).encode())
    assert answer.status_code == 422
    assert f"/{name}" in {violation["path"] for violation in answer.json()["violations"]}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"specversion":"1.0","id":"\\ud800","source":"a","type":"t"}', 400, "event"),
        (b'{"specversion":"1.0","id":"1","source":"a","type":"t","data":NaN}', 400, "event"),
        (b'{"specversion":"1.0","id":"1","source":"a","type":"t","data":' + b"9" * 5_000 + b"}", 400, "event"),
        (b'{"specversion":"1.0","id":"1","id":"2","source":"a","type":"t"}', 400, "event"),
        (
            b'{"specversion":"1.0","data":' + b"[" * 200 + b"]" * 200 + b"}",
            400,
            "event",
        ),
        (b"\xff", 400, "event"),
        (b"[]", 400, "event"),
        (b'"x"', 400, "event"),
        (b'{"data":"' + b"x" * EVENT_LIMIT_BYTES + b'"}', 413, "event"),
    ],
)
def test_what_cannot_be_read_exactly_is_refused(gateway: httpx2.Client, body: bytes, status: int, field: str) -> None:
    answer = _post(gateway, body)
    assert (answer.status_code, answer.json()["field"].split("/")[0]) == (status, field)


def test_one_bad_event_refuses_the_batch(gateway: httpx2.Client) -> None:
    good, bad = json.dumps(GOOD | {"id": "batched"}).encode(), b'{"specversion":"1.0"}'
    assert _post(gateway, b"[" + good + b"," + bad + b"]", BATCH).status_code == 422
    assert _post(gateway, good).json()["duplicate"] is False
    assert _post(gateway, good).json()["duplicate"] is True


def _post(gateway: httpx2.Client, body: bytes, media_type: str = STRUCTURED) -> httpx2.Response:
    return gateway.post("/events", content=body, headers={"content-type": media_type})


def _assert_told(answer: httpx2.Response, sent: bytes) -> None:
    fault = faults_of("/events", answer.status_code, answer.headers, answer.content)
    assert not fault, f"{fault}\n{sent[:500]!r}"
    assert answer.status_code in {200, 400, 413, 422}, sent[:500]
