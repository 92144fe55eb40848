"""Telemetry as the settings say, and without harm where they cannot be followed."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, StatusCode

from shared import context as call_context
from shared.context import CallContext, Caller
from shared.security import make_service_keys
from shared.settings import ServiceSettings
from shared.telemetry import MetricsRegistry, Telemetry, configure, names
from shared.telemetry.exporters import FilteringExporter

SECRET = b"0123456789abcdef0123456789abcdef"


class OmsSettings(ServiceSettings):
    service_name = "oms"


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    return {"env": "dev", "jwt_secret_file": secret}


def in_prod(tmp_path: Path, **given) -> OmsSettings:
    make_service_keys(tmp_path / "keys", ["oms"])
    identity = {"service_key_file": tmp_path / "keys/oms.key.pem", "service_public_keys": tmp_path / "keys/public"}
    return OmsSettings(env="prod", jwks_url="https://idp/keys", **identity, **given)


def test_spans_go_to_the_file_one_line_each(settings, tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    telemetry = configure(OmsSettings(**settings, traces_file=path))
    other = configure(OmsSettings(**settings, traces_file=path))
    with telemetry.tracer.start_as_current_span("outer", kind=SpanKind.SERVER) as outer:
        link = Link(outer.get_span_context())
        inner = other.tracer.start_span(
            "inner", attributes={names.OMS_DATABASE: "films", "user.email": "a@b"}, links=[link]
        )
        inner.add_event("exception", {"exception.message": "secret"})
        inner.end()
    telemetry.shutdown()
    other.shutdown()
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["name"], second["name"]) == ("inner", "outer")
    assert first["parent_span_id"] == second["span_id"]
    assert first["trace_id"] == second["trace_id"]
    assert first["links"] == [{"trace_id": second["trace_id"], "span_id": second["span_id"]}]
    assert first["attributes"] == {"oms.database": "films"}
    assert (second["kind"], second["service"], second["parent_span_id"]) == ("SERVER", "oms", "")
    assert second["start_unix_nano"] < second["end_unix_nano"]
    assert "secret" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_that_an_exception_says_leaves_the_process() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(FilteringExporter(kept)))
    tracer = Telemetry("oms", tracer_provider=provider).tracer
    attributes = {names.OMS_DATABASE: "films", "db.query.text": "secret"}
    with pytest.raises(ValueError, match="secret"), tracer.start_as_current_span("failing", attributes=attributes):
        raise ValueError("secret")
    (exported,) = kept.get_finished_spans()
    assert "secret" not in exported.to_json()
    assert exported.status.status_code is StatusCode.ERROR
    assert [event.name for event in exported.events] == ["exception"]
    assert dict(exported.attributes) == {"oms.database": "films"}


def test_the_ratio_decides_on_traces_that_start_here_alone(settings, tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    telemetry = configure(OmsSettings(**settings, traces_file=path, traces_sample_ratio=0.0))
    with telemetry.tracer.start_as_current_span("root") as span:
        assert not span.is_recording()
        assert span.get_span_context().is_valid
    telemetry.shutdown()
    assert path.read_text() == ""


def test_a_file_that_cannot_be_written_does_not_stop_the_host(settings, tmp_path: Path, capsys) -> None:
    telemetry = configure(OmsSettings(**settings, traces_file=tmp_path / "missing" / "traces.jsonl"))
    with telemetry.tracer.start_as_current_span("still") as span:
        assert span.get_span_context().is_valid
    assert "traces_file_refused" in capsys.readouterr().out


def test_an_otlp_endpoint_is_exported_to(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    telemetry = configure(OmsSettings(**settings))
    assert telemetry.tracer.start_span("recorded").is_recording()


def test_lines_are_json_outside_of_dev(tmp_path: Path, capsys) -> None:
    configure(in_prod(tmp_path))
    call = CallContext(caller=Caller("alice", "oms"), branch="prod/oms/main", trace_id="t" * 32)
    with call_context.use(call):
        structlog.get_logger().info("document_put", database="films")
        logging.getLogger("uvicorn.error").warning("late %s", "reply")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["event"] == "document_put"
    assert first["database"] == "films"
    for line, level in ((first, "info"), (second, "warning")):
        assert line["level"] == level
        assert line["service"] == "oms"
        assert (line["author"], line["branch"], line["trace_id"]) == ("alice@oms", "prod/oms/main", "t" * 32)
    assert second["event"] == "late reply"


def test_lines_are_key_value_in_dev_and_one_line_each(settings, capsys) -> None:
    configure(OmsSettings(**settings))
    structlog.get_logger().info("started", port=8000, text="two\nlines")
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    started, failed = capsys.readouterr().out.splitlines()
    assert " level=info event=started service=oms port=8000 " in started
    assert "RuntimeError: broken" in failed


def test_the_level_is_kept_and_a_second_set_up_does_not_double_lines(settings, capsys) -> None:
    configure(OmsSettings(**settings))
    configure(OmsSettings(**settings, log_level="WARNING"))
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line.split("event=")[1].split()[0] for line in capsys.readouterr().out.splitlines()] == ["loud"]


def test_a_family_asked_for_twice_is_the_same() -> None:
    registry = MetricsRegistry()
    registry.counter("things", "Things.", ("name",)).labels("a").inc()
    registry.counter("things", "Things.", ("name",)).labels("a").inc()
    assert registry.get_sample_value("things_total", {"name": "a"}) == 2
    with pytest.raises(TypeError, match="things is a Counter"):
        registry.gauge("things", "Things.")


def test_the_memory_of_the_process_is_shown(settings) -> None:
    registry = configure(OmsSettings(**settings)).registry
    assert registry.get_sample_value("process_resident_memory_bytes") > 1_000_000


def test_telemetry_that_is_off_can_be_shut_down() -> None:
    assert Telemetry.off("oms").shutdown() is None
