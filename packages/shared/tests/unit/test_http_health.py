import asyncio

import pytest

from shared.errors import Unavailable
from shared.http import Dependency, Health


async def answers() -> None:
    return None


async def is_away() -> None:
    raise Unavailable("away")


async def hangs() -> None:
    await asyncio.Event().wait()


def health(liveness=answers, **dependencies: Dependency) -> Health:
    return Health("data-kernel", dependencies, liveness, check_timeout_s=0.05, liveness_timeout_s=0.05)


@pytest.mark.parametrize(
    ("store", "broker", "code", "status"),
    [
        (answers, answers, 200, "ok"),
        (answers, is_away, 200, "degraded"),
        (answers, hangs, 200, "degraded"),
        (is_away, answers, 503, "unavailable"),
        (hangs, hangs, 503, "unavailable"),
    ],
)
async def test_readiness_names_each_dependency(make_app, open_client, store, broker, code, status):
    state = health(store=Dependency(store, required=True), broker=Dependency(broker, required=False))
    async with open_client(make_app(health=state)) as client:
        del client.headers["authorization"]
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (code, status)
    assert answer.json()["dependencies"] == {
        "store": {"status": "ok" if store is answers else "unavailable", "required": True},
        "broker": {"status": "ok" if broker is answers else "unavailable", "required": False},
    }


async def test_checks_run_at_once():
    arrived = asyncio.Barrier(2)

    async def meets_the_other() -> None:
        await arrived.wait()

    both = Dependency(meets_the_other, required=True)
    status, _ = await health(a=both, b=both).readiness()
    assert status == "ok"


@pytest.mark.parametrize(("liveness", "code"), [(answers, 200), (is_away, 503), (hangs, 503)])
async def test_liveness_makes_the_round_trip(make_app, open_client, liveness, code):
    async with open_client(make_app(health=health(liveness))) as client:
        assert (await client.get("/liveness")).status_code == code


async def test_the_process_is_up_whatever_is_away(make_app, open_client):
    state = health(is_away, store=Dependency(is_away, required=True))
    async with open_client(make_app(health=state)) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok", "service": "data-kernel"}


async def test_a_probe_that_is_cancelled_does_not_pass_as_an_answer():
    task = asyncio.create_task(Health("oms", {"store": Dependency(hangs, required=True)}, answers).readiness())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
