"""Bad specifications, each refused with the place of what is wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scheduler_service.application.validation import read_spec
from scheduler_service.domain.documents import spec_json, spec_of_json
from scheduler_service.domain.triggers import IntervalSpec
from shared.canonical import decode, encode
from shared.errors import ValidationFailed

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "id": "nightly",
    "name": "Every night",
    "trigger": {"type": "cron", "expression": "0 3 * * *", "timezone": "Europe/Berlin"},
    "task": {"type": "http", "url": "https://example.org/hook", "body": {"a": 1}},
}


def read(change: dict[str, Any], *, allow_private: bool = False) -> Any:
    body = decode(encode({**GOOD, **change}))
    return read_spec(body, NOW, allow_private=allow_private)


def http(url: str, **more: Any) -> dict[str, Any]:
    return {"task": {"type": "http", "url": url, **more}}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"trigger": {"type": "cron", "expression": "0 3 * *"}}, "/trigger"),
        ({"trigger": {"type": "cron", "expression": "0 0 30 2 *"}}, "/trigger/expression"),
        ({"trigger": {"type": "cron", "expression": "0 3 * * *", "timezone": "Mars/Olympus"}}, "/trigger/timezone"),
        ({"trigger": {"type": "date", "at": "2026-04-30T00:00:00Z"}}, "/trigger/at"),
        ({"trigger": {"type": "date", "at": "2026-06-30T00:00:00"}}, "/trigger/at"),
        ({"trigger": {"type": "interval", "every_s": 0.5}}, "/trigger/every_s"),
        ({"trigger": {"type": "moon"}}, "/trigger/type"),
        ({"trigger": {"expression": "0 3 * * *"}}, "/trigger/type"),
        ({"task": {"type": "shell", "command": "x"}}, "/task/type"),
        (http("ftp://example.org/"), "/task/url"),
        (http("https://user:secret@example.org/"), "/task/url"),
        (http("/relative"), "/task/url"),
        (http("http://example.org:99999/"), "/task/url"),
        (http("http://127.0.0.1/"), "/task/url"),
        (http("http://[::1]:8080/"), "/task/url"),
        (http("http://169.254.169.254/latest/meta-data"), "/task/url"),
        (http("http://localhost:8000/"), "/task/url"),
        (http("https://example.org/", headers={"Host": "inside"}), "/task/headers"),
        (http("https://example.org/", headers={"X-A": "a\r\nX-B: b"}), "/task/headers/X-A"),
        ({"task": {"type": "event", "event_type": "Not A Type"}}, "/task/event_type"),
        ({"id": "a/b"}, "/id"),
        ({"id": "a+b"}, "/id"),
        ({"name": ""}, "/name"),
        ({"timeout_s": 0}, "/timeout_s"),
        ({"concurrency": "sometimes"}, "/concurrency"),
        ({"retries": {"max": 1000}}, "/retries/max"),
        ({"misfire": {"policy": "shrug"}}, "/misfire/policy"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read(change)
    assert caught.value.field == place
    assert caught.value.violations[0].path == place
    assert caught.value.mapping.http_status == 422


def test_every_violation_is_told() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read({"name": "", "timeout_s": -1, "task": {"type": "shell"}})
    assert {violation.path for violation in caught.value.violations} == {"/name", "/timeout_s", "/task/type"}


def test_no_refusal_tells_what_was_sent() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read(http("https://example.org/", headers={"Authorization": "Bearer hunter2\n"}))
    told = caught.value.detail + "".join(violation.message for violation in caught.value.violations)
    assert "hunter2" not in told


def test_a_specification_too_long_is_refused() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read(http("https://example.org/", body="x" * 70_000))
    assert caught.value.violations[0].rule == "too_large"


def test_private_targets_are_taken_where_the_operator_allows_them() -> None:
    assert read(http("http://127.0.0.1:8000/"), allow_private=True).task.url == "http://127.0.0.1:8000/"


def test_an_interval_without_anchor_begins_now() -> None:
    trigger = read({"trigger": {"type": "interval", "every_s": 60}}).trigger
    assert isinstance(trigger, IntervalSpec)
    assert trigger.anchor == NOW


def test_a_specification_comes_back_from_its_document_as_it_went_in() -> None:
    body = decode(b'{"exact": 1.50, "big": 123456789012345678901234567890, "nothing": null, "list": [1, "a"]}')
    spec = read({"task": {"type": "event", "event_type": "a.b", "data": body}, "labels": {"team": "a"}})
    again = spec_of_json(decode(encode(spec_json(spec))))
    assert encode(spec_json(again)) == encode(spec_json(spec))
    assert encode(again.task.data) == encode(body)
