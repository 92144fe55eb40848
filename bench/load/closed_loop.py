"""A closed loop: so many callers, each sending its next request when the last one is answered."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """What one run did: requests a second, and latencies in milliseconds."""

    per_s: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    requests: int

    def print(self) -> None:
        """Tell the harness, as one line of JSON."""
        sys.stdout.write(json.dumps(asdict(self)) + "\n")


async def closed_loop(call: Callable[[], Awaitable[object]], callers: int, seconds: float) -> Load:
    """Warm up, then run for `seconds`; an error of a call ends the run."""
    await _phase(call, callers, WARM_UP_S)
    latencies_s, elapsed_s = await _phase(call, callers, seconds)
    latencies_s.sort()
    count = len(latencies_s)
    return Load(
        per_s=count / elapsed_s,
        mean_ms=1000 * sum(latencies_s) / count,
        p50_ms=1000 * latencies_s[count // 2],
        p95_ms=1000 * latencies_s[int(count * 0.95)],
        requests=count,
    )


async def _phase(call: Callable[[], Awaitable[object]], callers: int, seconds: float) -> tuple[list[float], float]:
    began_s = time.perf_counter()
    ends_s = began_s + seconds
    latencies_s: list[float] = []

    async def caller() -> None:
        while (sent_s := time.perf_counter()) < ends_s:
            await call()
            latencies_s.append(time.perf_counter() - sent_s)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return latencies_s, time.perf_counter() - began_s
