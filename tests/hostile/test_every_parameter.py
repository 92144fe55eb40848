"""Each parameter, header and body of every operation with each hostile value; all else in the request is right.

Found by the services' own OpenAPI documents, so that a new route is tried without being named here.
"""

import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from hypothesis import settings
from support.hostile_platform import SERVICES, fill, real
from support.hostile_values import HEADER_TEXTS, MEDIA_TYPES, NOT_UTF8, ODD_BODIES, TEXTS, UNREADABLE_BODIES
from support.openapi import NOT_OFFERED, Operation, operations
from support.platform import Platform
from support.problems import faults_of

LINE_BY_LINE = {"/api/v1/objects/{type_name}/import"}
"""Bodies of many lines: a bad one is refused by a line of the answer, beside those that are taken."""
FULL_BUDGET = 1000
"""From so many examples per property on (the profile `long`), every common header has every value on every route."""
VALUES_PER_HEADER = 2
COMMON_HEADERS = (
    "X-Branch",
    "X-Author",
    "X-Commit-Message",
    "X-Database",
    "Idempotency-Key",
    "X-Request-Id",
    "traceparent",
    "tracestate",
    "Accept",
    "Accept-Encoding",
    "If-Match",
    "If-None-Match",
    "X-Branch-Bin",
    "X-Author-Bin",
    "X-Expected-Head",
    "TerminusDB-Data-Version",
    "X-HTTP-Method-Override",
    "Range",
)


class Client:
    """Keeps a connection to one service as long as the service does; sends paths and headers as they are."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._netloc = urlsplit(url).netloc
        self._headers = dict(headers)
        self._connection = http.client.HTTPConnection(self._netloc, timeout=30)

    def fault(
        self,
        operation: Operation,
        target: str,
        headers: Mapping[str, str | bytes] | None = None,
        body: bytes | None = None,
        expected: Iterable[int] = (),
    ) -> str:
        """What is wrong with the answer to this request, with the request; empty where nothing is."""
        given = {**self._headers, **(headers or {})}
        self._connection.request(operation.method, target, body, given)
        with self._connection.getresponse() as response:
            streams = response.getheader("content-type", "").startswith(("application/x-ndjson", "text/event-stream"))
            if response.status < 400 and streams:
                text = b""
                self._connection.close()
            else:
                text = response.read()
            answered = {name.lower(): value for name, value in response.getheaders()}
            fault = ""
            if operation.method != "HEAD":
                unsupported = (operation.method, operation.path) in NOT_OFFERED
                fault = faults_of(operation.path, response.status, answered, text, unsupported=unsupported)
            if not fault and expected and response.status not in expected:
                fault = f"{response.status}: expected one of {sorted(expected)}"
            return (
                f"{operation}: {fault}\n    {target[:200]} {headers or ''!s:.200} {(body or b'')[:200]!r}"
                if fault
                else ""
            )

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def client(platform: Platform, service: str) -> Iterator[Client]:
    opened = Client(getattr(platform, service), platform.authorization("admin"))
    yield opened
    opened.close()


@pytest.mark.parametrize("service", SERVICES)
def test_a_hostile_path_or_query(platform: Platform, service: str, client: Client) -> None:
    faults = []
    for operation in operations(getattr(platform, service)):
        if operation.method == "DELETE":
            fill(platform)
        for place, name in operation.parameters:
            if place == "header":
                continue
            for value in TEXTS.values():
                expected = (400, 404, 405) if value in NOT_UTF8.values() and place == "path" else ()
                expected = (400,) if value in NOT_UTF8.values() and place == "query" else expected
                faults.append(
                    client.fault(operation, _target(service, operation, {(place, name): value}), expected=expected)
                )
    _assert_none(faults)


@pytest.mark.parametrize("service", SERVICES)
def test_a_hostile_header(platform: Platform, service: str, client: Client) -> None:
    faults = []
    for turn, operation in enumerate(operations(getattr(platform, service))):
        if operation.method == "DELETE":
            fill(platform)
        own = operation.named("header")
        asked = [(name, value) for name in own for value in HEADER_TEXTS.values()]
        asked += [pair for step, name in enumerate(COMMON_HEADERS) for pair in _some(name, turn + step)]
        faults += [client.fault(operation, _target(service, operation), {name: value}) for name, value in asked]
    _assert_none(faults)


@pytest.mark.parametrize("service", SERVICES)
def test_a_hostile_body(platform: Platform, service: str, client: Client) -> None:
    faults = []
    for operation in operations(getattr(platform, service)):
        for media_type in operation.media_types:
            if operation.method == "DELETE":
                fill(platform)
            headers = {"Content-Type": media_type.replace("*/*", "application/json")}
            target = _target(service, operation)
            door = (operation.method, operation.path)
            refused = () if door in NOT_OFFERED or operation.path in LINE_BY_LINE else (400, 413, 422)
            faults += [client.fault(operation, target, headers, body, refused) for body in UNREADABLE_BODIES.values()]
            faults += [client.fault(operation, target, headers, body) for body in ODD_BODIES.values()]
    _assert_none(faults)


@pytest.mark.parametrize("body", UNREADABLE_BODIES.values(), ids=UNREADABLE_BODIES)
def test_an_unreadable_line_is_refused_by_itself(platform: Platform, body: bytes) -> None:
    answer = httpx2.post(
        f"{platform.oms_url}/api/v1/objects/Note/import",
        content=body.replace(b"\n", b" ") + b'\n{"key":"beside"}\n',
        headers={**platform.authorization("admin"), "Content-Type": "application/x-ndjson"},
        timeout=30,
    )
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.status_code == 200
    assert [line["line"] for line in lines if "reason" in line] == [1]
    assert (lines[-1]["failed"], lines[-1]["done"]) == (1, True)


@pytest.mark.parametrize("service", SERVICES)
def test_a_hostile_media_type(platform: Platform, service: str, client: Client) -> None:
    faults = []
    for operation in operations(getattr(platform, service)):
        if operation.media_types:
            target = _target(service, operation)
            faults += [
                client.fault(operation, target, {"Content-Type": text}, body)
                for text in MEDIA_TYPES.values()
                for body in (b"{}", b"--x\r\n\r\n")
            ]
    _assert_none(faults)


def _some(name: str, turn: int) -> list[tuple[str, bytes]]:
    """The header with a few of the hostile values, others in each turn; with all of them where the budget is large."""
    values = list(HEADER_TEXTS.values())
    if settings().max_examples < FULL_BUDGET:
        first = turn * VALUES_PER_HEADER
        values = [values[(first + step) % len(values)] for step in range(VALUES_PER_HEADER)]
    return [(name, value) for value in values]


def _target(service: str, operation: Operation, hostile: Mapping[tuple[str, str], str] | None = None) -> str:
    """The operation's address, everything real in it but what is hostile."""
    hostile, known = hostile or {}, real(service)
    path = operation.path
    for name in operation.named("path"):
        path = path.replace(f"{{{name}}}", hostile.get(("path", name), quote(known.get(name, "main"), safe="/")))
    query = [f"{name}={value}" for (place, name), value in hostile.items() if place == "query"]
    return f"{path}?{'&'.join(query)}" if query else path


def _assert_none(faults: Iterable[str]) -> None:
    found = [fault for fault in faults if fault]
    assert not found, f"{len(found)} faults\n" + "\n".join(found[:40])
