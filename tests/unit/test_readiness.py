import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ports import free_ports
from readiness import not_ready_because


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(answer)
            self.request.settimeout(5)
            self.request.recv(1024)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("scheme", "answer", "reason"),
    [
        ("http", b'HTTP/1.1 200 OK\r\n\r\n{"status": "ok", "dependencies": {}}', None),
        (
            "http",
            b'HTTP/1.1 200 OK\r\n\r\n{"status": "degraded", "dependencies": '
            b'{"nats": {"status": "unavailable"}, "spool": {"status": "ok"}}}',
            "degraded, waits for nats",
        ),
        ("http", b'HTTP/1.1 503 No\r\n\r\n{"status": "unavailable"}', "not ready"),
        ("http", b"SSH-2.0-OpenSSH\r\n", "answers, but not as /readyz does"),
        ("redis", b"+PONG\r\n", None),
        ("redis", b"-LOADING Redis is loading the dataset in memory\r\n", "loading its data"),
        ("nats", b'INFO {"server_id":"N","jetstream":true}\r\n', None),
        ("nats", b'INFO {"server_id":"N"}\r\n', "JetStream is not on yet"),
    ],
)
def test_what_a_process_answers_tells_whether_it_is_ready(scheme: str, answer: bytes, reason: str | None) -> None:
    with answering(answer) as port:
        assert not_ready_because(f"{scheme}://127.0.0.1:{port}/readyz") == reason


def test_nobody_listening_is_not_ready() -> None:
    assert not_ready_because(f"http://127.0.0.1:{free_ports(1)[0]}/readyz") == "not listening yet"
