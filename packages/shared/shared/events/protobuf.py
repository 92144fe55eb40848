"""Between the SDK's events and those of `event_gateway.v1`."""

from datetime import UTC, datetime

from cloudevents.core.v1.event import CloudEvent

from shared.errors import InvalidInput
from shared.events.envelope import MAX_EVENT_BYTES, STANDARD_ATTRIBUTES, bad_time, build, data_bytes
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb
from shared.grpc.times import moment_of


def to_proto(event: CloudEvent) -> pb.CloudEvent:
    """The message of a normal event (`shared.events.envelope`)."""
    message = pb.CloudEvent(
        id=event.get_id(),
        source=event.get_source(),
        type=event.get_type(),
        subject=event.get_subject() or "",
        datacontenttype=event.get_datacontenttype() or "",
        dataschema=event.get_dataschema() or "",
        extensions={
            name: str(value) for name, value in event.get_attributes().items() if name not in STANDARD_ATTRIBUTES
        },
        data=data_bytes(event),
    )
    if time := event.get_time():
        message.time.FromDatetime(time.astimezone(UTC))
    return message


def from_proto(message: pb.CloudEvent, *, max_bytes: int = MAX_EVENT_BYTES) -> CloudEvent:
    """The event of a message, checked and normal; errors as `shared.events.envelope.build`."""
    attributes: dict[str, str | datetime | None] = {
        "id": message.id or None,
        "source": message.source or None,
        "type": message.type or None,
        "subject": message.subject or None,
        "time": _time(message) if message.HasField("time") else None,
        "datacontenttype": message.datacontenttype or None,
        "dataschema": message.dataschema or None,
    }
    attributes.update({name: text for name, text in message.extensions.items() if name not in STANDARD_ATTRIBUTES})
    return build(attributes, message.data or None, max_bytes=max_bytes)


def _time(message: pb.CloudEvent) -> datetime:
    try:
        return moment_of(message.time, "time")
    except InvalidInput:
        raise bad_time() from None
