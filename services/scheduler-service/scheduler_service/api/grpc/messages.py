"""Jobs, executions and workers as messages of `scheduler.v1`."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from scheduler_service.application.executions import Seen
from scheduler_service.application.ports import WorkerInfo
from scheduler_service.domain.documents import spec_json
from scheduler_service.domain.executions import State
from scheduler_service.domain.jobs import Job, JobState
from shared.canonical import encode
from shared.errors import InvalidInput
from shared.grpc.generated.scheduler.v1 import scheduler_pb2 as pb


def timestamp(moment: datetime | None) -> Timestamp | None:
    """The moment; `None` as it is."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def job_message(job: Job, next_start: datetime | None) -> pb.Job:
    """A job."""
    return pb.Job(
        id=job.id,
        spec=encode(spec_json(job.spec)),
        paused=job.state is JobState.PAUSED,
        owner=job.owner,
        created_at=timestamp(job.created_at),
        revision=job.revision,
        next_fire_at=timestamp(next_start),
    )


def execution_message(seen: Seen) -> pb.Execution:
    """An execution as it is now."""
    execution, outcome, progress = seen.execution, seen.execution.outcome, seen.progress
    message = pb.Execution(
        id=execution.id,
        job_id=execution.job_id,
        state=pb.ExecutionState.Value(f"EXECUTION_STATE_{seen.state.name}"),
        cause=execution.cause.value,
        scheduled_for=timestamp(execution.scheduled_for),
        missed=execution.missed,
        repeats=execution.of,
        trace_id=execution.traceparent.split("-")[1] if execution.traceparent else "",
    )
    if outcome is not None:
        told = pb.Execution(
            started_at=timestamp(outcome.started_at),
            finished_at=timestamp(outcome.finished_at),
            attempts=outcome.attempts,
            worker=outcome.worker,
            reason=outcome.reason,
            result=b"" if outcome.result is None else encode(outcome.result),
        )
        message.MergeFrom(told)
    elif progress is not None:
        told = pb.Execution(
            started_at=timestamp(progress.started_at),
            attempts=progress.attempts,
            worker=progress.worker,
            reason=progress.last_failure,
        )
        message.MergeFrom(told)
    return message


def state_of(message: pb.ExecutionState.ValueType) -> State | None:
    """The state asked for; `None` for any. `InvalidInput` for a number that no state has."""
    if message not in pb.ExecutionState.values():
        raise InvalidInput(f"state: {message} is no state of an execution", field="state")
    name = pb.ExecutionState.Name(message).removeprefix("EXECUTION_STATE_")
    return State.__members__.get(name)


def worker_message(worker: WorkerInfo) -> pb.Worker:
    """A worker."""
    return pb.Worker(
        id=worker.id,
        host=worker.host,
        pid=worker.pid,
        slots=worker.slots,
        seen_at=timestamp(worker.seen_at),
        running=worker.running,
        alive=worker.is_alive,
    )
