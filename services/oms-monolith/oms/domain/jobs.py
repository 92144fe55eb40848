"""Jobs as the legacy scheduler reads them: the same specifications and documents that the scheduler-service keeps."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.canonical import Json
from shared.errors import ValidationFailed, Violation

JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_JitterS = Annotated[float, Field(ge=0, le=3600)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CronTrigger(_Part):
    """A five-field cron expression in a time zone."""

    type: Literal["cron"]
    expression: _Text
    timezone: _Text = "UTC"
    jitter_s: _JitterS = 0


class IntervalTrigger(_Part):
    """Every `every_s` seconds from `anchor`."""

    type: Literal["interval"]
    every_s: float = Field(ge=1, le=366 * 86_400)
    anchor: AwareDatetime | None = None
    jitter_s: _JitterS = 0


class DateTrigger(_Part):
    """Once."""

    type: Literal["date"]
    at: AwareDatetime
    jitter_s: _JitterS = 0


class HttpTask(_Part):
    """One HTTP request; 2xx is success."""

    type: Literal["http"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$", max_length=2000)]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Annotated[dict[str, str], Field(max_length=50)] = {}
    body: Any = None


class EventTask(_Part):
    """One CloudEvent."""

    type: Literal["event"]
    event_type: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)*$", max_length=256)]
    subject: _Text | None = None
    partition_key: _Text | None = None
    data: Any = None


class Retries(_Part):
    """How often a failed run is tried again, and how long after."""

    max: int = Field(3, ge=0, le=20)
    backoff_s: float = Field(1.0, ge=0, le=3600)
    factor: float = Field(2.0, ge=1, le=10)
    max_backoff_s: float = Field(300.0, ge=0, le=86_400)

    def pause_s(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, at least one."""
        return float(min(self.max_backoff_s, self.backoff_s * self.factor ** (failures - 1)))


class Misfire(_Part):
    """What becomes of slots that are later than the grace."""

    policy: Literal["skip", "fire_once", "fire_all"] = "fire_once"
    grace_s: float = Field(30.0, ge=1, le=3600)
    limit: int = Field(10, ge=1, le=100)


class JobSpec(_Part):
    """What is to be done, when, and how faults are met."""

    id: JobId | None = None
    name: _Text
    trigger: Annotated[CronTrigger | IntervalTrigger | DateTrigger, Field(discriminator="type")]
    task: Annotated[HttpTask | EventTask, Field(discriminator="type")]
    timeout_s: float = Field(60.0, gt=0, le=3600)
    retries: Retries = Retries()
    misfire: Misfire = Misfire()
    concurrency: Literal["allow", "forbid", "replace"] = "allow"
    labels: Annotated[dict[_Text, Annotated[str, StringConstraints(max_length=200)]], Field(max_length=50)] = {}

    @classmethod
    def read(cls, value: Json) -> Self:
        """The specification that a caller gives; ValidationFailed with every misfit."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            found = [
                Violation(".".join(map(str, each["loc"])) or "job", str(each["type"]), str(each["msg"]))
                for each in error.errors(include_input=False, include_url=False)
            ]
            raise ValidationFailed(f"{found[0].path}: {found[0].message}", violations=found) from None

    @property
    def longest_run_s(self) -> float:
        """How long a run may take with all its attempts and pauses."""
        pauses_s = sum(self.retries.pause_s(failures) for failures in range(1, self.retries.max + 1))
        return self.timeout_s * (self.retries.max + 1) + pauses_s


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept; its slots count after `effective_from`."""

    id: str
    spec: JobSpec
    is_active: bool
    owner: str
    created_at: datetime
    effective_from: datetime
    revision: int

    @classmethod
    def of(cls, document: Json) -> Self:
        """The job of its document; ValueError for another document."""
        if not isinstance(document, dict) or document.get("@type") != "Job":
            raise ValueError("this is no job's document")
        return cls(
            id=str(document["job_id"]),
            spec=JobSpec.model_validate(document["spec"]),
            is_active=document["state"] == "active",
            owner=str(document["owner"]),
            created_at=moment(document["created_at"]),
            effective_from=moment(document["effective_from"]),
            revision=int(str(document["revision"])),
        )

    def document(self) -> dict[str, Json]:
        """The job's document."""
        return {
            "@type": "Job",
            "job_id": self.id,
            "name": self.spec.name,
            "state": "active" if self.is_active else "paused",
            "owner": self.owner,
            "created_at": moment_text(self.created_at),
            "effective_from": moment_text(self.effective_from),
            "revision": self.revision,
            "spec": plain(self.spec.model_dump(mode="python", exclude_none=True)),
        }


def moment(value: Json) -> datetime:
    """A stored moment."""
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def moment_text(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Json:
    """A dumped model as JSON."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return moment_text(value)
    return value  # type: ignore[no-any-return] # what is left is JSON already
