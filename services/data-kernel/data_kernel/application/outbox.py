"""The outbox as operators see it."""

from dataclasses import dataclass

from data_kernel.application.governance.operators import require_operator
from data_kernel.application.ports import Outbox, OutboxEntry
from data_kernel.application.relay import Relay
from shared.context import CallContext


@dataclass(frozen=True, slots=True)
class Standing:
    """How many ref updates are not yet announced, the age of the oldest in seconds, and those that were given up."""

    depth: int
    oldest_age_s: float
    dead_letters: tuple[OutboxEntry, ...]


class OutboxDesk:
    """For admins alone; `Forbidden` for all others."""

    def __init__(self, outbox: Outbox, relay: Relay) -> None:
        self._outbox = outbox
        self._relay = relay

    async def standing(self, context: CallContext) -> Standing:
        """How the outbox stands."""
        require_operator(context, "the outbox")
        depth, oldest_age_s = await self._outbox.depth()
        return Standing(depth, oldest_age_s, tuple(await self._outbox.dead_letters()))

    async def retry(self, sequence: int, context: CallContext) -> None:
        """Take a dead letter up again; `NotFound`."""
        require_operator(context, "the outbox")
        await self._relay.retry(sequence)
