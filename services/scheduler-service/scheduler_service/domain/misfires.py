"""Which of the slots that are due fire, by the job's policy for late ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler_service.domain.jobs import JobSpec, Misfire
from scheduler_service.domain.slots import next_slot, slots_before

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The slots to claim, oldest first; `skipped` is the last one that is left out, if its loss is to be recorded.

    `missed` counts the slots left out; `following` is the first one that is not due yet.
    """

    fire: tuple[datetime, ...]
    skipped: datetime | None
    missed: int
    following: datetime | None


def plan(spec: JobSpec, first: datetime, now: datetime) -> Plan:
    """What to do at `now` with the slots from `first` on, of which that one at least is due."""
    late_before = now - timedelta(seconds=spec.misfire.grace_s)
    keep = spec.misfire.limit if spec.misfire.policy is Misfire.FIRE_ALL else 1
    late, total = slots_before(spec.trigger, first, late_before, keep) if first < late_before else ([], 0)
    on_time: list[datetime] = []
    following = next_slot(spec.trigger, late_before - _TICK) if late else first
    while following is not None and following <= now:
        on_time.append(following)
        following = next_slot(spec.trigger, following)
    if spec.misfire.policy is Misfire.SKIP:
        return Plan(tuple(on_time), late[-1] if late else None, total, following)
    if spec.misfire.policy is Misfire.FIRE_ONCE and late and on_time:
        late = []  # the next one is there already
    return Plan((*late, *on_time), None, total - len(late), following)
