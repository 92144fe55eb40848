"""Performs `event` tasks."""

from cloudevents.core.v1.event import CloudEvent

from scheduler_service.application.ports import Checkpoint, TaskFailed
from scheduler_service.domain.executions import Execution
from scheduler_service.domain.tasks import EventTask, Task
from shared.canonical import Json
from shared.clients.event_gateway import EventGatewayClient
from shared.errors import OmsError, Reason
from shared.events.envelope import build
from shared.events.jetstream import JetStreamPublisher
from shared.flags.flags import USE_EVENT_GATEWAY, Flags
from shared.flags.value import Path
from shared.telemetry import current_traceparent

_FOR_GOOD = frozenset({Reason.VALIDATION_FAILED, Reason.INVALID_INPUT, Reason.TOO_LARGE})


class EventPerformer:
    """A `Performer` of `event` tasks: by the event gateway or straight to JetStream, as the flag says.

    Id and source are the execution's and this service's, so that an event that was published before is stored once.
    """

    def __init__(
        self, flags: Flags, gateway: EventGatewayClient, jetstream: JetStreamPublisher, *, source: str
    ) -> None:
        self._flags = flags
        self._gateway = gateway
        self._jetstream = jetstream
        self._source = source

    async def perform(self, task: Task, execution: Execution, resumed_from: Json, checkpoint: Checkpoint) -> Json:  # noqa: ARG002 - a repetition does no harm
        """As `Performer.perform`; needs no checkpoint."""
        if not isinstance(task, EventTask):
            raise TaskFailed("this is no event task", is_final=True)
        try:
            event = self._event(task, execution)
            await self._publish(event, task.partition_key or execution.job_id)
        except OmsError as error:
            raise TaskFailed(
                f"the event was refused: {error.reason.value}", is_final=error.reason in _FOR_GOOD
            ) from error
        return {"event_id": execution.id}

    def _event(self, task: EventTask, execution: Execution) -> CloudEvent:
        return build(
            {
                "id": execution.id,
                "source": self._source,
                "type": task.event_type,
                "subject": task.subject or execution.job_id,
                "time": execution.scheduled_for,
                "datacontenttype": "application/json",
                "partitionkey": task.partition_key or execution.job_id,
                "traceparent": current_traceparent() or None,
            },
            task.data,
        )

    async def _publish(self, event: CloudEvent, key: str) -> None:
        if self._flags.position(USE_EVENT_GATEWAY, key) is Path.LEGACY:
            await self._jetstream.publish(event)
        else:
            await self._gateway.publish(event)
