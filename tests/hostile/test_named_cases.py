"""Requests that an attacker would think of, one by one; most of them no HTTP library would send."""

import base64
import hashlib
import json
from collections.abc import Iterator

import httpx2
import pytest
from support.hostile_platform import DATABASE, FREE_DATABASE
from support.platform import Platform
from support.problems import faults_of
from support.raw_http import Answer, first_line, send

from shared.limits import MB

SURROGATE = "Movie/\ud800"


def test_a_page_token_that_someone_made_by_himself(platform: Platform) -> None:
    """Its digest is no secret: what it says must do no harm even where the digest is right."""
    for path, kind in (("doc", "documents"), ("log", "log"), ("branches", "branches")):
        for key in (SURROGATE, "\x00", "x" * 2000, "ü"):
            for commit in ("", "z" * 31, "\udfff"):
                token = _forged(commit, key, ["admin@data-kernel", *_bound(kind)])
                answer = _get(platform.kernel_url, f"/db/{DATABASE}/{path}?page_token={token}", platform)
                assert not _fault(path, answer), (path, ascii(key), commit)


def test_a_branch_whose_name_no_header_can_carry(platform: Platform) -> None:
    """Databases with TerminusDB's rules take any name for a branch."""
    headers = platform.authorization("admin")
    with httpx2.Client(base_url=platform.kernel_url, headers=headers) as kernel:
        for name in ("zweig-Ω💩", "a\r\nX-Evil: yes", "\x00", "..", "%2F", " "):
            made = kernel.post(f"/db/{FREE_DATABASE}/branches", json={"branch": name})
            assert made.status_code in {201, 409}, ascii(name)
            read = kernel.get(f"/db/{FREE_DATABASE}/doc", params={"branch": name})
            assert (read.status_code, "x-evil" in read.headers) == (200, False), ascii(name)
            shown = read.headers.get("x-branch") or base64.b64decode(read.headers["x-branch-bin"]).decode()
            assert shown.strip() == name.strip()


@pytest.mark.parametrize("service", ["kernel_url", "gateway_url", "oms_url"])
@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "0x10", str(2**63), " 1 1", "1, 1"])
def test_an_announced_length_that_is_none(platform: Platform, service: str, length: str) -> None:
    path = {"kernel_url": f"/db/{DATABASE}/doc", "gateway_url": "/events", "oms_url": "/api/v1/objects/Note"}[service]
    answer = send(getattr(platform, service), "POST", path, _caller(platform, {"Content-Length": length}), b"{}")
    assert answer.status in {400, 413}


def test_a_body_above_the_limit_is_refused_unread(platform: Platform) -> None:
    for service, path in (("kernel_url", f"/db/{DATABASE}/doc"), ("oms_url", "/api/v1/objects/Note")):
        headers = _caller(platform, {"Content-Length": str(65 * MB), "Content-Type": "application/json"})
        answer = send(getattr(platform, service), "POST", path, headers)
        assert (answer.status, _problem(answer)["field"]) == (413, "body")


def test_a_body_above_the_limit_is_refused_while_it_streams(platform: Platform) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"title":"'
        for _ in range(80):
            yield b"x" * MB

    url = f"{platform.kernel_url}/db/{DATABASE}/doc"
    try:
        answer = httpx2.post(url, content=endless(), headers=platform.authorization(), timeout=60)
    except httpx2.WriteError:
        return  # it closed the connection before it had read everything
    assert (answer.status_code, answer.json()["field"]) == (413, "body")


@pytest.mark.parametrize(
    "line",
    [
        b"GET  /healthz HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1",
        b"POST /events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_ends_with_its_connection(platform: Platform, line: bytes) -> None:
    """The server's own answer, or none; that nothing else suffers is what the fixture of all these tests asserts."""
    for url in (platform.kernel_url, platform.gateway_url, platform.oms_url):
        assert first_line(url, line + b"\r\n\r\n")[9:12] in {b"400", b"431", b"401", b""}


def test_a_method_that_there_is_not(platform: Platform) -> None:
    for url in (platform.kernel_url, platform.gateway_url, platform.oms_url):
        for method in ("TRACE", "CONNECT", "PROPFIND", "X" * 100):
            answer = send(url, method, "/healthz", _caller(platform))
            assert answer.status in {400, 401, 404, 405}, method


def _forged(commit: str, key: str, listing: list[str]) -> str:
    digest = hashlib.sha256(json.dumps([commit, key, *listing]).encode()).hexdigest()[:32]
    return base64.urlsafe_b64encode(json.dumps([1, commit, key, digest]).encode()).decode()


def _bound(kind: str) -> list[str]:
    """What each kind of listing is bound to besides its caller, as the kernel has it."""
    main = "dev/oms/main"
    return {
        "documents": ["documents", DATABASE, main, "", "", "", "instance", "0"],
        "log": ["log", DATABASE, main, "", ""],
        "branches": ["branches", DATABASE],
    }[kind]


def _caller(platform: Platform, more: dict[str, str] | None = None) -> dict[str, str | bytes]:
    return {**platform.authorization("admin"), **(more or {})}


def _get(url: str, target: str, platform: Platform) -> Answer:
    return send(url, "GET", target, _caller(platform))


def _problem(answer: Answer) -> dict[str, object]:
    problem: dict[str, object] = json.loads(answer.body)
    return problem


def _fault(path: str, answer: Answer) -> str:
    return faults_of(path, answer.status, answer.headers, answer.body)
