"""Reading a specification, with everything that is wrong with it named by its place."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from scheduler_service.domain.jobs import JobSpec
from scheduler_service.domain.slots import next_slot
from scheduler_service.domain.tasks import HttpTask
from scheduler_service.domain.triggers import CronSpec, DateSpec, anchored
from shared.canonical import Json, encode, pointer
from shared.errors import ValidationFailed, Violation

MAX_SPEC_BYTES = 64 * 1024
_LOCAL_NAMES = ("localhost", "ip6-localhost")
_CHOICES = frozenset({"cron", "interval", "date", "http", "event"})


def read_spec(body: Json, now: datetime, *, allow_private: bool) -> JobSpec:
    """The specification of a body; ValidationFailed with every violation, `field` being the first one's place."""
    try:
        spec = JobSpec.model_validate(body)
    except ValidationError as error:
        raise _refused([_violation(each) for each in error.errors(include_url=False)]) from None
    found = [*_size_violations(body), *_trigger_violations(spec, now), *_target_violations(spec, allow_private)]
    if found:
        raise _refused(found)
    return spec.model_copy(update={"trigger": anchored(spec.trigger, now)})


def _refused(violations: list[Violation]) -> ValidationFailed:
    return ValidationFailed(
        f"{violations[0].path}: {violations[0].message}", field=violations[0].path, violations=violations
    )


def _violation(error: Any) -> Violation:
    # The discriminator's choice stands in the place as if it were a member.
    path = [step for index, step in enumerate(error["loc"]) if not (index == 1 and step in _CHOICES)]
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        path.append("type")
    return Violation(pointer(path), error["type"], error["msg"].removeprefix("Value error, "))


def _size_violations(body: Json) -> list[Violation]:
    if len(encode(body)) <= MAX_SPEC_BYTES:
        return []
    return [Violation("", "too_large", f"a specification has at most {MAX_SPEC_BYTES} bytes")]


def _trigger_violations(spec: JobSpec, now: datetime) -> list[Violation]:
    trigger = spec.trigger
    if isinstance(trigger, DateSpec) and trigger.at <= now:
        return [Violation("/trigger/at", "past", "this moment is past")]
    if isinstance(trigger, CronSpec) and next_slot(trigger, now) is None:
        return [Violation("/trigger/expression", "never", "this expression never fires")]
    return []


def _target_violations(spec: JobSpec, allow_private: bool) -> list[Violation]:
    """What can be seen without a look-up; the rest shows when the task runs."""
    if allow_private or not isinstance(spec.task, HttpTask):
        return []
    host = urlsplit(spec.task.url).hostname or ""
    try:
        inside = not ip_address(host.partition("%")[0]).is_global
    except ValueError:
        inside = host in _LOCAL_NAMES or host.endswith(".localhost")
    return [Violation("/task/url", "target", "this is not a public address")] if inside else []
