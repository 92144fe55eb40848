"""The machine's clock."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """`Clock` as it is."""

    def now(self) -> datetime:
        """As `Clock.now`."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """As `Clock.sleep`."""
        await asyncio.sleep(seconds)
