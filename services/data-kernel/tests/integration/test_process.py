"""The kernel as a process: starting, stopping, being refused, and what its doors tell about it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from data_kernel_testing.kernel_process import KernelProcess
from data_kernel_testing.waiting import until

from shared.grpc.generated import data_kernel_pb2 as facade
from shared.grpc.generated import data_kernel_pb2_grpc as facade_grpc


@pytest.fixture
def own(tmp_path: Path) -> Iterator[KernelProcess]:
    process = KernelProcess(tmp_path)
    yield process
    process.kill()


def refused(process: KernelProcess) -> tuple[int, str]:
    """The exit status and output of a start that must fail."""
    child = process.spawn()
    status = child.wait(timeout=30)
    process.process = None
    return status, process.output()


def test_data_outlives_a_stop_and_a_crash(own: KernelProcess) -> None:
    own.start()
    database = own.new_database()
    made = []
    for ending in (own.stop, own.kill):
        with own.http() as http:
            document = {"@type": "Movie", "title": f"before {ending.__name__}"}
            made.append(http.post(f"/db/{database}/doc", json=document).json()["id"])
        assert ending() in {0, None}
        own.start()
    with own.http() as http:
        assert sorted(d["@id"] for d in http.get(f"/db/{database}/doc?as_list=true").json()) == sorted(made)
        branches = http.get("/db/oms/branches").json()["branches"]
    assert [(branch["name"], branch["incarnation"]) for branch in branches] == [("dev/oms/main", 1)]


def test_a_second_kernel_on_the_same_store_is_refused(own: KernelProcess) -> None:
    own.start()
    second = KernelProcess(own.folder)
    second.log = own.folder / "second.log"
    status, output = refused(second)
    assert status != 0
    assert "store_not_opened" in output
    with own.http() as http:
        assert http.get("/liveness").status_code == 200


def test_a_terminusdb_is_refused_in_one_line(tmp_path: Path) -> None:
    status, output = refused(KernelProcess(tmp_path, TERMINUSDB_ENDPOINT="http://127.0.0.1:6363"))
    assert status == 2
    assert output.count("\n") == 1
    assert "TERMINUSDB_ENDPOINT" in output


def test_a_taken_grpc_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = KernelProcess(tmp_path, module="data_kernel.grpc_server", GRPC_PORT=str(port))
        status, output = refused(process)
    assert status == 1
    assert str(port) in output.splitlines()[-1]


def test_grpc_runs_alone(tmp_path: Path) -> None:
    process = KernelProcess(tmp_path, module="data_kernel.grpc_server")
    process.start()
    try:
        with process.channel() as channel:
            stub = facade_grpc.DocumentServiceStub(channel)
            with pytest.raises(grpc.RpcError) as raised:
                stub.Get(facade.DocumentId(id="Movie/A"), metadata=process.metadata())
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND
        assert process.stop() == 0
    finally:
        process.kill()


def test_without_grpc_there_is_rest_alone(tmp_path: Path) -> None:
    process = KernelProcess(tmp_path, USE_GRPC="false")
    process.start()
    try:
        with process.http() as http:
            assert http.get("/readyz").json()["status"] == "ok"
        assert "grpc_server_started" not in process.output()
    finally:
        process.kill()


def test_probes_and_metrics_tell_about_the_store(own: KernelProcess) -> None:
    own.start()
    with own.http(subject="", service="") as anyone:
        assert anyone.get("/healthz").status_code == 200
        ready = anyone.get("/readyz").json()
        assert ready["dependencies"]["store"] == {"status": "ok", "required": True}
        assert anyone.get("/liveness").status_code == 200
        assert 'kernel_store_duration_seconds_count{operation="ping",outcome="ok"}' in anyone.get("/metrics").text
        assert anyone.get("/db/oms/doc").status_code == 401


def test_the_stores_span_is_below_the_calls_and_the_outbox_names_the_call(own: KernelProcess) -> None:
    own.start()
    database = own.new_database()
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    md = own.metadata(traceparent=f"00-{trace}-{parent}-01", x_database=database)
    with own.channel() as channel:
        stub = facade_grpc.DocumentServiceStub(channel)
        stub.Put(facade.Document(json=b'{"@type":"Movie","title":"Traced"}'), metadata=md)
    spans = until(lambda: _trace(own, trace, "store write"), "the spans of the call")
    server = next(span for span in spans if span["parent_span_id"] == parent)
    write = next(span for span in spans if span["name"] == "store write")
    assert write["parent_span_id"] == server["span_id"]
    assert write["attributes"]["oms.branch"] == "dev/oms/main"
    assert "Traced" not in json.dumps(spans)
    with own.http() as http:
        assert http.get(f"/db/{database}/log").json()["commits"][0]["trace_id"] == trace


def _trace(process: KernelProcess, trace: str, name: str) -> list[dict[str, Any]]:
    lines = process.traces_file.read_text().splitlines()
    spans = [span for span in map(json.loads, lines) if span["trace_id"] == trace]
    complete = any(span["name"] == name for span in spans) and len(spans) > 1
    return spans if complete else []


def test_uvicorn_starts_both_servers(tmp_path: Path) -> None:
    process = KernelProcess(tmp_path)
    with process.log.open("ab") as log:
        command = [sys.executable, "-m", "uvicorn", "data_kernel.main:app", "--port", "0", "--lifespan", "on"]
        process.process = subprocess.Popen(command, env=process._environ, stdout=log, stderr=log)
    try:
        until(lambda: "grpc_server_started" in process.output(), "the gRPC server")
        until(lambda: "Uvicorn running on" in process.output(), "the HTTP server")
        process.stop()
    finally:
        process.kill()
