"""What the kernel needs from the outside. Each port has one conformance suite, which every adapter passes."""

from data_kernel.application.ports.events import Event, EventSink
from data_kernel.application.ports.outbox import Outbox, OutboxEntry
from data_kernel.application.ports.planning import Plan, Planner, WriterView
from data_kernel.application.ports.requests import (
    DetachedRequest,
    Idempotency,
    MoveRequest,
    PurgeOutcome,
    PurgeRequest,
    ScanQuery,
    ValueQuery,
    WriteOutcome,
    WriteRequest,
)
from data_kernel.application.ports.store import DocumentStore

__all__ = [
    "DetachedRequest",
    "DocumentStore",
    "Event",
    "EventSink",
    "Idempotency",
    "MoveRequest",
    "Outbox",
    "OutboxEntry",
    "Plan",
    "Planner",
    "PurgeOutcome",
    "PurgeRequest",
    "ScanQuery",
    "ValueQuery",
    "WriteOutcome",
    "WriteRequest",
    "WriterView",
]
