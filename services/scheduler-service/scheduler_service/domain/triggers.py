"""When a job fires, as its specification says it."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from scheduler_service.domain.cron import Cron
from scheduler_service.domain.zones import zone_of

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
JitterS = Annotated[float, Field(ge=0, le=3600)]
_MAX_INTERVAL_S = 366 * 86_400


class Spec(BaseModel):
    """Base of all parts of a specification: exact, closed, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CronSpec(Spec):
    """A five-field cron expression in a time zone; `jitter_s` delays each run by up to so many seconds."""

    type: Literal["cron"] = "cron"
    expression: Text
    timezone: Text = "UTC"
    jitter_s: JitterS = 0.0

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        zone_of(name)
        return name

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        Cron(self.expression, self.timezone)
        return self


class IntervalSpec(Spec):
    """Every `every_s` seconds, reckoned from `anchor` (by default from the job's creation)."""

    type: Literal["interval"] = "interval"
    every_s: float = Field(ge=1, le=_MAX_INTERVAL_S)
    anchor: AwareDatetime | None = None
    jitter_s: JitterS = 0.0


class DateSpec(Spec):
    """Once, at a moment."""

    type: Literal["date"] = "date"
    at: AwareDatetime
    jitter_s: JitterS = 0.0


Trigger = Annotated[CronSpec | IntervalSpec | DateSpec, Field(discriminator="type")]


def anchored(trigger: Trigger, at: datetime) -> Trigger:
    """The trigger with its interval's anchor filled in."""
    if isinstance(trigger, IntervalSpec) and trigger.anchor is None:
        return trigger.model_copy(update={"anchor": at})
    return trigger
