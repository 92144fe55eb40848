"""A job that fires on time, once, and whose run is recorded."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from examples.demo.platform import Body, StepFailed, refused, send
from examples.demo.run import Run
from examples.demo.subscriber import Subscriber
from shared.canonical import decode
from shared.clients.event_subscription import Subscribe

_PATH: Final = "/api/v1/jobs"
_EVENT: Final = "io.oms.demo.reminder.v1"
_IN_S: Final = 2
_PATIENCE_S: Final = 90.0
_PAUSE_S: Final = 0.2
_AWAY: Final = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_FINAL: Final = {"succeeded", "dead", "cancelled", "skipped"}
BRANCH: Final = "dev/scheduler/main"


async def schedule(run: Run) -> str:
    """Ask for an event in two seconds, hear it, and find its execution."""
    platform, narrator = run.platform, run.narrator
    subject = f"demo/{run.id}"
    listener = Subscriber(platform.events, Subscribe([_EVENT]))
    with platform.as_user("alice", "demo: remind me"):
        async with listener.connected():
            at = await _create(run, subject)
            await listener.wait_for([subject], 1, _PATIENCE_S, lambda _: None)
            narrator.saw(f"{_EVENT} came at {datetime.now(UTC):%H:%M:%S} UTC, for {listener.data(subject)['about']}.")
            execution = await _execution(run, f"{_job_id(run)}+{at:%Y%m%dT%H%M%S}Z")
            heard = listener.seen([subject])
    late_s = (_moment(execution["finished_at"]) - at).total_seconds()
    narrator.item(f"Execution/{execution['job_id']}+{execution['slot']}  {execution['state']}")
    narrator.item(f"scheduled for {execution['scheduled_for']}, finished {late_s:.2f} s later")
    if execution["state"] != "succeeded" or heard != 1:
        raise StepFailed(f"the run ended as {execution['state']}, and {heard} events came instead of one")
    return f"fired once, {late_s:.1f} s after its time, its run recorded"


async def _create(run: Run, subject: str) -> datetime:
    """Create the job and give its moment; again where the scheduler is away, each time for a moment yet to come.

    Under an id of one's own, an attempt whose answer was lost makes the job no second time: its moment holds.
    """
    deadline = time.monotonic() + _PATIENCE_S
    oms, again = run.platform.oms, False
    while True:
        at = (datetime.now(UTC) + timedelta(seconds=_IN_S + 1)).replace(microsecond=0)
        if not again:
            run.narrator.call("POST", f"{_PATH}  {_job_id(run)}, at {at:%H:%M:%S} UTC")
        response = await send(oms, "POST", _PATH, body=_job(run, at, subject))
        if again and response.status_code == HTTPStatus.CONFLICT:
            response = await send(oms, "GET", f"{_PATH}/{_job_id(run)}")
        if response.status_code in {HTTPStatus.CREATED, HTTPStatus.OK}:
            made: Any = decode(response.content)
            return _moment(made["trigger"]["at"])
        if response.status_code not in _AWAY or time.monotonic() >= deadline:
            raise refused("POST", _PATH, response)
        again = True
        await asyncio.sleep(_PAUSE_S)


def _job_id(run: Run) -> str:
    return f"demo-{run.id}"


def _job(run: Run, at: datetime, subject: str) -> Body:
    return {
        "id": _job_id(run),
        "name": "Remind the reader of the owl",
        "trigger": {"type": "date", "at": at.isoformat().replace("+00:00", "Z")},
        "task": {
            "type": "event",
            "event_type": _EVENT,
            "subject": subject,
            "data": {"about": "Synset/owl.n.01", "run": run.id},
        },
    }


async def _execution(run: Run, execution_id: str) -> Any:
    """The record of the run once it is final: a document of the kernel, whoever ran the job."""
    path = f"/db/oms/doc/Execution/{execution_id}"
    run.narrator.call("GET", f"{path}?branch={BRANCH}")
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        response = await send(run.platform.kernel, "GET", path, params={"branch": BRANCH})
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            raise refused("GET", path, response)
        record: Any = decode(response.content)
        if response.status_code == HTTPStatus.OK and record["state"] in _FINAL:
            return record
        if time.monotonic() >= deadline:
            raise StepFailed(f"the run {execution_id} is not recorded as ended after {_PATIENCE_S:g} s")
        await asyncio.sleep(_PAUSE_S)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
