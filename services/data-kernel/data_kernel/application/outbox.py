"""The outbox as operators see it."""

from dataclasses import dataclass

from data_kernel.application.attribution import require_caller
from data_kernel.application.ports import Outbox, OutboxEntry
from data_kernel.application.relay import Relay
from shared.context import CallContext
from shared.errors import Forbidden


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
        _require_admin(context)
        depth, oldest_age_s = await self._outbox.depth()
        return Standing(depth, oldest_age_s, tuple(await self._outbox.dead_letters()))

    async def retry(self, sequence: int, context: CallContext) -> None:
        """Take a dead letter up again; `NotFound`."""
        _require_admin(context)
        await self._relay.retry(sequence)


def _require_admin(context: CallContext) -> None:
    if not require_caller(context).is_admin:
        raise Forbidden("the outbox is for admins")
