"""The servicer of `scheduler.v1.SchedulerService`."""

from typing import Any

import grpc

from scheduler_service.api.grpc.messages import (
    execution_message,
    job_message,
    state_of,
    timestamp,
    worker_message,
)
from scheduler_service.application.executions import Wanted
from scheduler_service.application.scheduler import Scheduler
from scheduler_service.domain.jobs import Job
from shared.canonical import decode
from shared.grpc.generated.scheduler.v1 import scheduler_pb2 as pb
from shared.grpc.generated.scheduler.v1 import scheduler_pb2_grpc as pb_grpc
from shared.grpc.times import moment_of

RpcContext = grpc.aio.ServicerContext[Any, Any]
_DEFAULT_COUNT = 100
_DEFAULT_PREVIEW = 5


class SchedulerServicer(pb_grpc.SchedulerServiceServicer):
    """Parses, calls one use case, writes the answer; errors leave as they are raised."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._jobs = scheduler.jobs
        self._executions = scheduler.executions

    async def CreateJob(self, request: pb.CreateJobRequest, context: RpcContext) -> pb.CreateJobResponse:
        """See the contract."""
        return pb.CreateJobResponse(job=self._job(await self._jobs.create(decode(request.spec, field="spec"))))

    async def GetJob(self, request: pb.GetJobRequest, context: RpcContext) -> pb.GetJobResponse:
        """See the contract."""
        return pb.GetJobResponse(job=self._job(await self._jobs.get(request.id)))

    async def ListJobs(self, request: pb.ListJobsRequest, context: RpcContext) -> pb.ListJobsResponse:
        """See the contract."""
        page = await self._jobs.page(
            after=request.page_token, count=request.page_size or _DEFAULT_COUNT, label=request.label
        )
        return pb.ListJobsResponse(jobs=map(self._job, page.jobs), next_page_token=page.next_after)

    async def UpdateJob(self, request: pb.UpdateJobRequest, context: RpcContext) -> pb.UpdateJobResponse:
        """See the contract."""
        changed = await self._jobs.change(request.id, decode(request.merge_patch, field="merge_patch"))
        return pb.UpdateJobResponse(job=self._job(changed))

    async def DeleteJob(self, request: pb.DeleteJobRequest, context: RpcContext) -> pb.DeleteJobResponse:
        """See the contract."""
        await self._jobs.delete(request.id)
        return pb.DeleteJobResponse()

    async def RunJob(self, request: pb.RunJobRequest, context: RpcContext) -> pb.RunJobResponse:
        """See the contract."""
        return pb.RunJobResponse(execution=execution_message(await self._executions.run(request.id)))

    async def PauseJob(self, request: pb.PauseJobRequest, context: RpcContext) -> pb.PauseJobResponse:
        """See the contract."""
        return pb.PauseJobResponse(job=self._job(await self._jobs.pause(request.id)))

    async def ResumeJob(self, request: pb.ResumeJobRequest, context: RpcContext) -> pb.ResumeJobResponse:
        """See the contract."""
        return pb.ResumeJobResponse(job=self._job(await self._jobs.resume(request.id)))

    async def PreviewFireTimes(
        self, request: pb.PreviewFireTimesRequest, context: RpcContext
    ) -> pb.PreviewFireTimesResponse:
        """See the contract."""
        moments = await self._jobs.preview(request.id, request.count or _DEFAULT_PREVIEW)
        return pb.PreviewFireTimesResponse(fire_times=[each for each in map(timestamp, moments) if each])

    async def ListExecutions(self, request: pb.ListExecutionsRequest, context: RpcContext) -> pb.ListExecutionsResponse:
        """See the contract."""
        wanted = Wanted(
            job_id=request.job_id,
            state=state_of(request.state),
            since=moment_of(request.since, "since") if request.HasField("since") else None,
            until=moment_of(request.until, "until") if request.HasField("until") else None,
            count=request.count or _DEFAULT_COUNT,
        )
        return pb.ListExecutionsResponse(executions=map(execution_message, await self._executions.list(wanted)))

    async def GetExecution(self, request: pb.GetExecutionRequest, context: RpcContext) -> pb.GetExecutionResponse:
        """See the contract."""
        return pb.GetExecutionResponse(execution=execution_message(await self._executions.get(request.id)))

    async def CancelExecution(
        self, request: pb.CancelExecutionRequest, context: RpcContext
    ) -> pb.CancelExecutionResponse:
        """See the contract."""
        return pb.CancelExecutionResponse(execution=execution_message(await self._executions.cancel(request.id)))

    async def RetryExecution(self, request: pb.RetryExecutionRequest, context: RpcContext) -> pb.RetryExecutionResponse:
        """See the contract."""
        return pb.RetryExecutionResponse(execution=execution_message(await self._executions.retry(request.id)))

    async def ReplayDeadLetter(
        self, request: pb.ReplayDeadLetterRequest, context: RpcContext
    ) -> pb.ReplayDeadLetterResponse:
        """See the contract."""
        return pb.ReplayDeadLetterResponse(execution=execution_message(await self._executions.replay(request.id)))

    async def ListWorkers(self, request: pb.ListWorkersRequest, context: RpcContext) -> pb.ListWorkersResponse:
        """See the contract."""
        staff = await self._scheduler.staff()
        leader = staff.leader.holder if staff.leader else ""
        return pb.ListWorkersResponse(workers=map(worker_message, staff.workers), leader=leader)

    def _job(self, job: Job) -> pb.Job:
        return job_message(job, self._jobs.next_start(job))
