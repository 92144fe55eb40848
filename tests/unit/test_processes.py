from dataclasses import fields
from pathlib import Path

import pytest

from choices import Choices
from processes import Home, Options, Ports, Process, platform_processes

PORTS = Ports(**{field.name: number for number, field in enumerate(fields(Ports), start=1)})


def processes(home: Path, options: Options) -> dict[str, Process]:
    return {process.name: process for process in platform_processes(Home(home), PORTS, options)}


def test_all_drains_together_fit_into_the_launchers_time(tmp_path: Path) -> None:
    assert sum(process.drain_s for process in processes(tmp_path, Options()).values()) <= Choices().up_drain_s


def test_every_service_is_told_its_peers_and_the_flags(tmp_path: Path) -> None:
    started = processes(tmp_path, Options(use_gateway="off"))
    for name in ("oms", "data-kernel", "event-gateway", "embedding", "scheduler"):
        environment = started[name].environment
        assert environment["ENV"] == "dev"
        assert environment["BIND_HOST"] == "127.0.0.1"
        assert environment["DATA_KERNEL_GRPC_ADDRESS"] == f"127.0.0.1:{PORTS.kernel_grpc}"
        assert environment["EVENT_GATEWAY_HTTP_URL"] == f"http://127.0.0.1:{PORTS.gateway_http}"
        assert environment["EMBEDDING_GRPC_ADDRESS"] == f"127.0.0.1:{PORTS.embedding_grpc}"
        assert environment["SCHEDULER_HTTP_URL"] == f"http://127.0.0.1:{PORTS.scheduler_http}"
        assert environment["NATS_URL"] == f"nats://127.0.0.1:{PORTS.nats}"
        assert environment["USE_GATEWAY"] == "off"
        assert environment["USE_EVENT_GATEWAY"] == "on"
        assert environment["SERVICE_KEY_FILE"] == str(tmp_path / "keys" / f"{name}.key.pem")
        assert "TRACES_FILE" not in environment


def test_each_user_of_redis_has_a_database_of_its_own(tmp_path: Path) -> None:
    started = processes(tmp_path, Options())
    assert started["embedding"].environment["REDIS_URL"] == f"redis://127.0.0.1:{PORTS.redis}/5"
    for role in ("scheduler", "scheduler-worker"):
        assert started[role].environment["REDIS_URL"] == f"redis://127.0.0.1:{PORTS.redis}/6"


def test_no_variable_of_the_caller_that_is_not_about_the_process_reaches_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USE_GATWAY", "off")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector")
    environment = processes(tmp_path, Options())["oms"].environment
    assert not {"USE_GATWAY", "GITHUB_TOKEN"} & set(environment)
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector"


def test_traces_go_to_a_file_of_each_service(tmp_path: Path) -> None:
    environment = processes(tmp_path, Options(traces=True))["data-kernel"].environment
    assert environment["TRACES_FILE"] == str(tmp_path / "traces" / "data-kernel.jsonl")
