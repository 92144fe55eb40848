"""What the gateway can be told, beside what every service can."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from shared.events.jetstream import EventStreamSettings
from shared.settings import Port, ServiceSettings


class EventGatewaySettings(ServiceSettings):
    """Settings of the event-gateway."""

    service_name: ClassVar[str] = "event-gateway"

    http_port: Port = 8003
    grpc_port: Port = 50057
    nats_timeout_s: float = Field(2.0, gt=0, le=30)
    """How long a round trip to NATS may take before the event goes to the spool."""
    spool_file: Path = Path("event-gateway-spool.sqlite")
    """Where accepted events wait for NATS; on a disk that survives the process, one gateway per file."""
    spool_max_events: int = Field(1_000_000, ge=1)
    """How many events the spool may hold; as with its bytes, above it publishing answers 503 while NATS is away."""
    spool_max_bytes: int = Field(2 * 1024**3, ge=1)
    """Above either limit publishing answers 503 while NATS is away."""
    event_stream: EventStreamSettings = EventStreamSettings()

    grpc_grace_s: float = Field(5.0, ge=0, le=300)
    """How long gRPC calls in progress may take to end when the process stops."""

    @model_validator(mode="after")
    def _stream_takes_every_event(self) -> Self:
        if self.event_stream.max_event_bytes < self.limits.event_bytes:
            raise ValueError("EVENT_STREAM__MAX_EVENT_BYTES: not below LIMITS__EVENT_BYTES")
        return self
