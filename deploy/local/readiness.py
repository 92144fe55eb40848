"""Is a process ready? One probe per kind of address."""

import json
import socket
from typing import Final
from urllib.parse import urlsplit

from ports import LOOPBACK

_PROBE_S: Final = 3.0
_REQUEST: Final = {
    "http": b"GET /readyz HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "nats": b"",
    "redis": b"PING\r\n",
}


def not_ready_because(ready_at: str) -> str | None:
    """Ask the process once, within 3 s. None where it is ready, else what stands in the way, in a few words."""
    address = urlsplit(ready_at)
    try:
        answer = _ask(address.port or 0, _REQUEST[address.scheme], whole=address.scheme == "http")
    except TimeoutError:
        return f"no answer within {_PROBE_S:g} s"
    except ConnectionError:
        return "not listening yet"
    except OSError as error:
        return f"cannot be reached: {error.strerror}"
    return _judge(address.scheme, answer)


def _ask(port: int, request: bytes, *, whole: bool) -> bytes:
    with socket.create_connection((LOOPBACK, port), timeout=_PROBE_S) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as answer:
            return answer.read() if whole else answer.readline()


def _judge(scheme: str, answer: bytes) -> str | None:
    if scheme == "redis":
        return None if answer.startswith(b"+PONG") else "loading its data"
    if scheme == "nats":
        return None if b'"jetstream":true' in answer.replace(b" ", b"") else "JetStream is not on yet"
    return _judge_http(answer)


def _judge_http(answer: bytes) -> str | None:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split(b" ")[1:2]
    try:
        report = json.loads(body)
    except ValueError:
        report = None
    if not status or not isinstance(report, dict):
        return "answers, but not as /readyz does"
    if status == [b"200"] and report.get("status") == "ok":
        return None
    dependencies = report.get("dependencies")
    waiting = (
        [name for name, state in dependencies.items() if isinstance(state, dict) and state.get("status") != "ok"]
        if isinstance(dependencies, dict)
        else []
    )
    return f"{report.get('status', 'not ready')}, waits for {', '.join(waiting)}" if waiting else "not ready"
