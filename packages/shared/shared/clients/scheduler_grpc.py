"""The scheduler over gRPC (`scheduler.v1`)."""

from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from shared.canonical import Json, decode, encode
from shared.clients.scheduler_answers import ExecutionInfo, ExecutionState, JobInfo, WorkerInfo
from shared.grpc.generated.scheduler.v1 import scheduler_pb2 as pb
from shared.grpc.generated.scheduler.v1 import scheduler_pb2_grpc

_PAGE = 1000
_STATE = "EXECUTION_STATE_"


class SchedulerGrpc:
    """Over a channel of `shared.grpc.channel.open_channel`, which it closes in the end."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = scheduler_pb2_grpc.SchedulerServiceStub(channel)

    async def create_job(self, spec: Json) -> JobInfo:
        """As `SchedulerClient.create_job`."""
        return _job((await self._stub.CreateJob(pb.CreateJobRequest(spec=encode(spec)))).job)

    async def get_job(self, job_id: str) -> JobInfo:
        """As `SchedulerClient.get_job`."""
        return _job((await self._stub.GetJob(pb.GetJobRequest(id=job_id))).job)

    async def page_jobs(self, token: str, label: str) -> tuple[list[JobInfo], str]:
        """One page, and the token of the next one."""
        request = pb.ListJobsRequest(page_size=_PAGE, page_token=token, label=label)
        answer = await self._stub.ListJobs(request)
        return [_job(each) for each in answer.jobs], answer.next_page_token

    async def update_job(self, job_id: str, patch: Json) -> JobInfo:
        """As `SchedulerClient.update_job`."""
        return _job((await self._stub.UpdateJob(pb.UpdateJobRequest(id=job_id, merge_patch=encode(patch)))).job)

    async def delete_job(self, job_id: str) -> None:
        """As `SchedulerClient.delete_job`."""
        await self._stub.DeleteJob(pb.DeleteJobRequest(id=job_id))

    async def run_job(self, job_id: str) -> ExecutionInfo:
        """As `SchedulerClient.run_job`."""
        return _execution((await self._stub.RunJob(pb.RunJobRequest(id=job_id))).execution)

    async def pause_job(self, job_id: str) -> JobInfo:
        """As `SchedulerClient.pause_job`."""
        return _job((await self._stub.PauseJob(pb.PauseJobRequest(id=job_id))).job)

    async def resume_job(self, job_id: str) -> JobInfo:
        """As `SchedulerClient.resume_job`."""
        return _job((await self._stub.ResumeJob(pb.ResumeJobRequest(id=job_id))).job)

    async def preview(self, job_id: str, count: int) -> list[datetime]:
        """As `SchedulerClient.preview`."""
        answer = await self._stub.PreviewFireTimes(pb.PreviewFireTimesRequest(id=job_id, count=count))
        return [_moment(each) for each in answer.fire_times]

    async def list_executions(self, job_id: str, state: ExecutionState | None, count: int) -> list[ExecutionInfo]:
        """As `SchedulerClient.list_executions`."""
        named = f"{_STATE}{state.name if state else 'UNSPECIFIED'}"
        request = pb.ListExecutionsRequest(job_id=job_id, state=pb.ExecutionState.Value(named), count=count)
        return [_execution(each) for each in (await self._stub.ListExecutions(request)).executions]

    async def get_execution(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.get_execution`."""
        return _execution((await self._stub.GetExecution(pb.GetExecutionRequest(id=execution_id))).execution)

    async def cancel_execution(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.cancel_execution`."""
        return _execution((await self._stub.CancelExecution(pb.CancelExecutionRequest(id=execution_id))).execution)

    async def retry_execution(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.retry_execution`."""
        return _execution((await self._stub.RetryExecution(pb.RetryExecutionRequest(id=execution_id))).execution)

    async def replay_dead_letter(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.replay_dead_letter`."""
        return _execution((await self._stub.ReplayDeadLetter(pb.ReplayDeadLetterRequest(id=execution_id))).execution)

    async def list_workers(self) -> list[WorkerInfo]:
        """As `SchedulerClient.list_workers`."""
        return [_worker(each) for each in (await self._stub.ListWorkers(pb.ListWorkersRequest())).workers]

    async def close(self) -> None:
        """As `SchedulerClient.close`."""
        await self._channel.close()


def _moment(message: Timestamp) -> datetime:
    return message.ToDatetime(tzinfo=UTC)


def _job(message: pb.Job) -> JobInfo:
    return JobInfo(
        id=message.id,
        spec=decode(message.spec, field="spec"),
        paused=message.paused,
        owner=message.owner,
        created_at=_moment(message.created_at),
        revision=message.revision,
        next_fire_at=_moment(message.next_fire_at) if message.HasField("next_fire_at") else None,
    )


def _execution(message: pb.Execution) -> ExecutionInfo:
    return ExecutionInfo(
        id=message.id,
        job_id=message.job_id,
        state=ExecutionState[pb.ExecutionState.Name(message.state).removeprefix(_STATE)],
        cause=message.cause,
        scheduled_for=_moment(message.scheduled_for),
        started_at=_moment(message.started_at) if message.HasField("started_at") else None,
        finished_at=_moment(message.finished_at) if message.HasField("finished_at") else None,
        attempts=message.attempts,
        worker=message.worker,
        reason=message.reason,
        result=decode(message.result, field="result") if message.result else None,
        missed=message.missed,
        repeats=message.repeats,
        trace_id=message.trace_id,
    )


def _worker(message: pb.Worker) -> WorkerInfo:
    return WorkerInfo(
        id=message.id,
        host=message.host,
        pid=message.pid,
        slots=message.slots,
        seen_at=_moment(message.seen_at),
        running=tuple(message.running),
        alive=message.alive,
    )
