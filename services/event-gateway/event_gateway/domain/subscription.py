"""What a subscriber asks for, what it is handed, and what it may answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StartAt(StrEnum):
    """Where a consumer that does not exist yet begins."""

    NEW = "new"
    ALL = "all"
    SEQUENCE = "sequence"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a new consumer; `sequence` and `time` count only for their own kind."""

    at: StartAt = StartAt.NEW
    sequence: int = 0
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A checked wish to receive events.

    `consumer` is the durable consumer's name in the broker, empty for one that ends with the stream. `types` (exact, or
    a prefix with `.*`) and `partition_key` filter; empty means all. `credit` bounds the unsettled deliveries,
    `ack_wait_s` the time that one may stay so.
    """

    consumer: str
    types: tuple[str, ...]
    partition_key: str
    start: Start
    credit: int
    ack_wait_s: float


class Action(StrEnum):
    """How a delivery is settled; `IN_PROGRESS` only starts its time anew."""

    ACK = "ack"
    NAK = "nak"
    TERM = "term"
    IN_PROGRESS = "in_progress"


@dataclass(frozen=True, slots=True)
class Settlement:
    """A subscriber's word on one delivery; `delay_s` counts for NAK."""

    token: str
    action: Action
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event handed out: its place in the stream, how often it was handed out, and the trace of its last hop."""

    token: str
    sequence: int
    attempt: int
    payload: bytes
    traceparent: str = ""
