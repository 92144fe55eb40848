"""An event on its way into the broker, and the word that comes back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One event as the broker stores it.

    `message_id` de-duplicates, `payload` is the structured CloudEvent, `traceparent` is the trace context of the hop
    that handed it over (the event's own extension keeps the trace in which it began; empty: none).
    """

    stream: str
    subject: str
    message_id: str
    payload: bytes
    traceparent: str = ""

    @property
    def lane(self) -> str:
        """What keeps its order: the subject's last token, which is the escaped partition key."""
        return self.subject.rpartition(".")[2]

    @property
    def size_bytes(self) -> int:
        """What it takes in a spool, index entries aside."""
        return len(self.payload) + len(self.subject) + len(self.message_id) + len(self.traceparent)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an accepted event is: in the stream at `sequence`, or, with `queued`, fsynced in the spool (sequence 0).

    `duplicate` says that it had been accepted before.
    """

    queued: bool = False
    duplicate: bool = False
    sequence: int = 0
