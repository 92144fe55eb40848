"""Retries, deadline and circuit of calls to a peer."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.errors import DeadlineExceeded, NotFound, OmsError, Unavailable
from shared.resilience import CircuitOpen, Resilience
from shared.telemetry import MetricsRegistry


class Peer:
    """Raises the errors given, one a call, then answers."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def away() -> Unavailable:
    return Unavailable("away", retry_after_s=0.001)


@pytest.fixture
def registry() -> MetricsRegistry:
    return MetricsRegistry()


def policy(registry: MetricsRegistry, **given) -> Resilience:
    return Resilience("kernel", registry, **{"wait_initial_s": 0.001, "wait_max_s": 0.002, **given})


async def failing(resilience: Resilience, times: int) -> None:
    for _ in range(times):
        with pytest.raises(OmsError):
            await resilience.call(Peer(away()), retry=False)


async def test_an_unavailable_peer_is_asked_again(registry: MetricsRegistry) -> None:
    peer = Peer(Unavailable("away"), away())
    assert await policy(registry).call(peer, retry=True) == "answer"
    assert peer.calls == 3
    assert registry.get_sample_value("resilience_retries_total", {"name": "kernel"}) == 2


async def test_attempts_are_bounded_and_the_last_error_is_the_answer(registry: MetricsRegistry) -> None:
    errors = [away() for _ in range(9)]
    peer = Peer(*errors)
    with pytest.raises(Unavailable) as caught:
        await policy(registry, attempts=4).call(peer, retry=True)
    assert peer.calls == 4
    assert caught.value is errors[3]


@pytest.mark.parametrize(("error", "retry"), [(away(), False), (NotFound("x"), True), (RuntimeError("x"), True)])
async def test_no_second_attempt(registry: MetricsRegistry, error: Exception, retry: bool) -> None:
    peer = Peer(error)
    with pytest.raises(type(error)):
        await policy(registry).call(peer, retry=retry)
    assert peer.calls == 1


async def test_the_deadline_bounds_call_and_pauses(registry: MetricsRegistry) -> None:
    ended = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(DeadlineExceeded):
        await policy(registry, deadline_s=0.05).call(slow, retry=True)
    assert ended.is_set()
    late = Peer(Unavailable("away", retry_after_s=10.0))
    with pytest.raises(Unavailable, match="away"):
        await policy(registry, deadline_s=5.0).call(late, retry=True)
    assert late.calls == 1


async def test_a_timeout_of_the_callee_is_not_taken_for_the_deadline(registry: MetricsRegistry) -> None:
    with pytest.raises(TimeoutError):
        await policy(registry).call(Peer(TimeoutError()), retry=True)


async def test_the_circuit_opens_and_closes_again(registry: MetricsRegistry) -> None:
    def state() -> float | None:
        return registry.get_sample_value("resilience_circuit_state", {"name": "kernel"})

    resilience = policy(registry, threshold=3, open_s=0.1)
    assert state() == 0
    await failing(resilience, 3)
    assert resilience.is_open
    assert state() == 2
    peer = Peer()
    with pytest.raises(CircuitOpen) as caught:
        await resilience.call(peer, retry=True)
    assert peer.calls == 0
    assert 0 < caught.value.retry_after_s <= 0.1
    await until(lambda: not resilience.is_open)
    assert await resilience.call(peer, retry=False) == "answer"
    assert state() == 0
    assert not resilience.is_open


async def test_one_failure_reopens_a_half_open_circuit(registry: MetricsRegistry) -> None:
    resilience = policy(registry, threshold=3, open_s=0.05)
    await failing(resilience, 3)
    await until(lambda: not resilience.is_open)
    await failing(resilience, 1)
    assert resilience.is_open


async def test_answers_that_are_errors_keep_the_circuit_closed(registry: MetricsRegistry) -> None:
    resilience = policy(registry, threshold=2)
    for _ in range(5):
        with pytest.raises(NotFound):
            await resilience.call(Peer(NotFound("x")), retry=False)
    await failing(resilience, 1)
    with pytest.raises(NotFound):
        await resilience.call(Peer(NotFound("x")), retry=False)
    await failing(resilience, 1)
    assert not resilience.is_open


async def test_a_cancelled_call_says_nothing_about_the_peer(registry: MetricsRegistry) -> None:
    resilience = policy(registry, threshold=2)
    await failing(resilience, 1)
    started = asyncio.Event()

    async def slow() -> None:
        started.set()
        await asyncio.sleep(60)

    task = asyncio.ensure_future(resilience.call(slow, retry=True))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not resilience.is_open
    await failing(resilience, 1)
    assert resilience.is_open


async def test_concurrent_calls_share_one_circuit(registry: MetricsRegistry) -> None:
    resilience = policy(registry, threshold=3)
    calls: list[Awaitable[str]] = [resilience.call(Peer(away()), retry=False) for _ in range(3)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    assert resilience.is_open


async def test_fallbacks_are_counted_and_two_peers_share_the_families(registry: MetricsRegistry) -> None:
    policy(registry).count_fallback()
    Resilience("gateway", registry).count_fallback()
    for name in ("kernel", "gateway"):
        assert registry.get_sample_value("resilience_fallbacks_total", {"name": name}) == 1


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait for the clock, a few seconds at most."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)
