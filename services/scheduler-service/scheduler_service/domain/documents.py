"""Jobs and executions as documents of the kernel, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from scheduler_service.domain.executions import Cause, Execution, Outcome, State
from scheduler_service.domain.jobs import Job, JobSpec, JobState
from shared.canonical import Json
from shared.errors import Internal

JOB_CLASS = "Job"
EXECUTION_CLASS = "Execution"
_TEXT: Json = {"@type": "Optional", "@class": "xsd:string"}
_MOMENT: Json = {"@type": "Optional", "@class": "xsd:dateTime"}
_COUNT: Json = {"@type": "Optional", "@class": "xsd:integer"}

CLASSES: tuple[Json, ...] = (
    {"@type": "Enum", "@id": "JobState", "@value": [state.value for state in JobState]},
    {
        "@type": "Enum",
        "@id": "ExecutionState",
        "@value": [state.value for state in State if state not in {State.RUNNING, State.WAITING}],
    },
    {
        "@type": "Class",
        "@id": JOB_CLASS,
        "@key": {"@type": "Lexical", "@fields": ["job_id"]},
        "job_id": "xsd:string",
        "name": "xsd:string",
        "state": "JobState",
        "owner": "xsd:string",
        "created_at": "xsd:dateTime",
        "effective_from": "xsd:dateTime",
        "revision": "xsd:integer",
        "spec": "sys:JSON",
    },
    {
        "@type": "Class",
        "@id": EXECUTION_CLASS,
        "@key": {"@type": "Lexical", "@fields": ["job_id", "slot"]},
        "job_id": "xsd:string",
        "slot": "xsd:string",
        "state": "ExecutionState",
        "cause": "xsd:string",
        "scheduled_for": "xsd:dateTime",
        "claimed_at": "xsd:dateTime",
        "missed": _COUNT,
        "repeats": _TEXT,
        "traceparent": _TEXT,
        "spec": "sys:JSON",
        "started_at": _MOMENT,
        "finished_at": _MOMENT,
        "attempts": _COUNT,
        "worker": _TEXT,
        "reason": _TEXT,
        "result": {"@type": "Optional", "@class": "sys:JSON"},
    },
)


def job_document_id(job_id: str) -> str:
    """Id of a job's document."""
    return f"{JOB_CLASS}/{job_id}"


def execution_document_id(execution_id: str) -> str:
    """Id of an execution's document: the kernel makes the very same from job and slot."""
    return f"{EXECUTION_CLASS}/{execution_id}"


def job_document(job: Job) -> dict[str, Json]:
    """The document of a job."""
    return {
        "@type": JOB_CLASS,
        "job_id": job.id,
        "name": job.spec.name,
        "state": job.state.value,
        "owner": job.owner,
        "created_at": moment_text(job.created_at),
        "effective_from": moment_text(job.effective_from),
        "revision": job.revision,
        "spec": spec_json(job.spec),
    }


def job_of_document(document: Json) -> Job:
    """The job of a document; Internal where it is not as this service writes it."""
    read = _members(document, JOB_CLASS)
    try:
        return Job(
            id=str(read["job_id"]),
            spec=JobSpec.model_validate(read["spec"]),
            state=JobState(read["state"]),
            owner=str(read["owner"]),
            created_at=_moment(read["created_at"]),
            effective_from=_moment(read["effective_from"]),
            revision=int(read["revision"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(JOB_CLASS) from error


def execution_document(execution: Execution) -> dict[str, Json]:
    """The document of an execution."""
    outcome = execution.outcome
    optional: dict[str, Json] = {
        "missed": execution.missed or None,
        "repeats": execution.of or None,
        "traceparent": execution.traceparent or None,
        **(outcome_members(outcome) if outcome is not None else {}),
    }
    return {
        "@type": EXECUTION_CLASS,
        "job_id": execution.job_id,
        "slot": execution.slot,
        "state": execution.state.value,
        "cause": execution.cause.value,
        "scheduled_for": moment_text(execution.scheduled_for),
        "claimed_at": moment_text(execution.claimed_at),
        "spec": spec_json(execution.spec),
        **{name: value for name, value in optional.items() if value is not None},
    }


def outcome_members(outcome: Outcome) -> dict[str, Json]:
    """What an outcome adds to its execution's document."""
    members: dict[str, Json] = {
        "finished_at": moment_text(outcome.finished_at),
        "started_at": moment_text(outcome.started_at) if outcome.started_at else None,
        "attempts": outcome.attempts or None,
        "worker": outcome.worker or None,
        "reason": outcome.reason or None,
        "result": outcome.result,
    }
    return {name: value for name, value in members.items() if value is not None}


def execution_of_document(document: Json) -> Execution:
    """The execution of a document; Internal where it is not as this service writes it."""
    read = _members(document, EXECUTION_CLASS)
    try:
        state = State(read["state"])
        return Execution(
            job_id=str(read["job_id"]),
            slot=str(read["slot"]),
            cause=Cause(read["cause"]),
            scheduled_for=_moment(read["scheduled_for"]),
            claimed_at=_moment(read["claimed_at"]),
            spec=JobSpec.model_validate(read["spec"]),
            missed=int(read.get("missed", 0)),
            of=str(read.get("repeats", "")),
            traceparent=str(read.get("traceparent", "")),
            state=state,
            outcome=_outcome(state, read),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(EXECUTION_CLASS) from error


def _outcome(state: State, read: Mapping[str, Any]) -> Outcome | None:
    if "finished_at" not in read:
        return None
    return Outcome(
        state=state,
        finished_at=_moment(read["finished_at"]),
        attempts=int(read.get("attempts", 0)),
        started_at=_moment(read["started_at"]) if "started_at" in read else None,
        worker=str(read.get("worker", "")),
        reason=str(read.get("reason", "")),
        result=read.get("result"),
    )


def spec_json(spec: JobSpec) -> Json:
    """A specification as JSON, without what has its default value `null`."""
    return _plain(spec.model_dump(mode="python", exclude_none=True))


def spec_of_json(value: Json) -> JobSpec:
    """The specification of `spec_json`; Internal where it is none."""
    try:
        return JobSpec.model_validate(value)
    except ValidationError as error:
        raise _foreign(JOB_CLASS) from error


def moment_text(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Json:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, StrEnum):
        return value.value
    return value  # type: ignore[no-any-return] # what is left is JSON already


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


def _members(document: Json, class_name: str) -> dict[str, Any]:
    if not isinstance(document, dict) or document.get("@type") != class_name:
        raise _foreign(class_name)
    return document


def _foreign(class_name: str) -> Internal:
    return Internal(f"a document of the class {class_name} is not as the scheduler writes it")
