"""What the use cases need from the outside. The contracts are here; the adapters do not repeat them."""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from event_gateway.domain.publication import Message, Receipt
from event_gateway.domain.subscription import Delivery, Settlement, Subscription


class BrokerAwayError(Exception):
    """The broker did not confirm.

    `maybe_stored` is whether the message may have reached it all the same (the confirmation was lost or late).
    """

    def __init__(self, detail: str, *, maybe_stored: bool = False) -> None:
        super().__init__(detail)
        self.maybe_stored = maybe_stored


class BrokerRefusedError(Exception):
    """The broker is there and refuses this very message; another attempt would end the same."""


class SpoolFullError(Exception):
    """The spool's limit of events or bytes is reached; nothing was kept."""


class SpoolBrokenError(Exception):
    """The spool's file cannot be written; nothing was kept."""


class Feed(Protocol):
    """A running consumer: deliveries out, settlements in.

    At most the subscription's credit of deliveries is held anywhere on the way. The feed outlives an absence of the
    broker: it goes on with the same consumer once the broker is back, and unsettled deliveries come again.
    """

    def deliveries(self) -> AsyncGenerator[Delivery, None]:
        """The deliveries as they come, without end."""
        ...

    async def settle(self, settlement: Settlement) -> bool:
        """Tell the broker; False where the delivery is no longer open or the broker is away (it comes again then).

        Raises InvalidInput for a token that this feed never gave out.
        """
        ...

    async def close(self) -> None:
        """Give back what is unsettled, so that the consumer's next subscriber has it at once; end an undurable one."""
        ...


class Broker(Protocol):
    """The stream of events."""

    @property
    def available(self) -> bool:
        """Whether a publish has a chance at this moment; false from the first failure until a round trip succeeds."""
        ...

    async def wait_available(self) -> None:
        """Return once `available` holds."""
        ...

    async def publish(self, message: Message) -> Receipt:
        """Store the message and return after the broker's confirmation, within a bounded time.

        A message id seen within the duplicate window is answered as duplicate and not stored again. Raises
        BrokerAwayError, BrokerRefusedError.
        """
        ...

    async def contains(self, message: Message, since_s: float) -> bool:
        """Whether the stream holds the message's id among those stored at or after `since_s` (Unix time) on its
        subject, however old it is. Raises BrokerAwayError.
        """
        ...

    async def probe(self) -> None:
        """One round trip to the stream. Raises BrokerAwayError."""
        ...

    async def open(self, subscription: Subscription) -> Feed:
        """Make the consumer, or find the durable one and give it the new filter.

        Raises BrokerAwayError, InvalidInput.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpooledMessage:
    """A message in the spool. `attempted_at_s` (Unix time) is when it was first sent towards the broker, if ever."""

    number: int
    message: Message
    attempted_at_s: float | None


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How full the spool is; `oldest_at_s` is the Unix time at which its oldest message came, None when empty."""

    events: int
    size_bytes: int
    oldest_at_s: float | None


class Spool(Protocol):
    """Accepted messages that the broker does not have yet, on stable storage, in the order of their coming."""

    def holds(self, lane: str) -> bool:
        """Whether a message of that lane is in the spool or on its way into it."""
        ...

    def lanes(self) -> Sequence[str]:
        """The lanes that have messages."""
        ...

    def state(self) -> SpoolState:
        """How full it is."""
        ...

    def append(self, message: Message, *, attempted_at_s: float | None) -> Awaitable[bool]:
        """Take the next place in the lane at once and raise SpoolFullError at once; what is awaited ends when the
        message is fsynced, and is False where its id was in the spool already.

        Awaiting raises SpoolBrokenError. Giving up the wait does not take the message back.
        """
        ...

    async def head(self, lane: str, limit: int) -> Sequence[SpooledMessage]:
        """The lane's oldest messages, oldest first. Raises SpoolBrokenError."""
        ...

    async def mark_attempted(self, numbers: Sequence[int], at_s: float) -> None:
        """Note, before the attempt, that these are sent from now on. Raises SpoolBrokenError."""
        ...

    async def remove(self, lane: str, numbers: Sequence[int]) -> None:
        """Forget messages that the broker has confirmed. Raises SpoolBrokenError."""
        ...

    async def wait_filled(self) -> None:
        """Return once the spool holds anything."""
        ...

    async def probe(self) -> None:
        """One durable write. Raises SpoolBrokenError."""
        ...


class Meter(Protocol):
    """What the use cases count."""

    def published(self, outcome: str, seconds: float) -> None:
        """One publish ended as `stored`, `duplicate`, `queued` or `refused`."""
        ...

    def broker_failed(self, kind: str) -> None:
        """A confirmation did not come (`away`, `timeout`) or was a refusal (`refused`)."""
        ...

    def drained(self, outcome: str) -> None:
        """A spooled message left the spool: `stored`, or `duplicate` where the broker had it."""
        ...

    def settled(self, action: str) -> None:
        """A delivery was settled, or `stale` where that came too late."""
        ...

    def subscriptions_changed(self, by: int) -> None:
        """A subscription began (+1) or ended (-1)."""
        ...
