"""Events wait for those who are away."""

from typing import Final

from examples.demo.narration import Narrator
from examples.demo.platform import Body, StepFailed, answer
from examples.demo.run import Run
from examples.demo.subscriber import Subscriber
from shared.clients.event_subscription import Subscribe

_PATH: Final = "/api/v1/objects/Note"
_PAUSE_S: Final = 30.0
_ACK_WAIT_S: Final = 5.0
"""What was on its way to the subscriber in the moment that it left is delivered again after so long."""
DOCUMENTS: Final = "io.oms.document.*"


async def catch_up(run: Run) -> str:
    """Change something while a subscriber is away, and see what it gets when it is back."""
    narrator = run.narrator
    key = f"oms/{run.branch}"
    asked = Subscribe([DOCUMENTS], durable_name="demo-notes", partition_key=key, ack_wait_s=_ACK_WAIT_S)
    subscriber = Subscriber(run.platform.events, asked)
    note: Body = {"run": run.id, "text": "The demo was here.", "about": "Synset/owl.n.01"}
    with run.platform.as_user("alice", "demo: a note while nobody listens"):
        async with subscriber.connected():
            narrator.saw(f"{subscriber.name!r} has a place among the events of {run.branch}, and goes away.")
        narrator.call("POST", f"{_PATH}?branch={run.branch}")
        made = await answer(run.platform.oms, "POST", _PATH, body=note, params={"branch": run.branch})
        commit = str(made["commit"])
        run.commits.append(commit)
        if subscriber.seen([commit]):
            raise StepFailed("the subscriber heard of it although it was away")
        async with subscriber.connected():
            await subscriber.wait_for([commit], 1, _PAUSE_S, lambda _: None)
    narrator.saw("Back under the same name, it gets what it missed:")
    show(narrator, subscriber, commit)
    narrator.item(f"traceparent {subscriber.last[commit].traceparent}")
    return "1 event missed, and delivered on return"


def show(narrator: Narrator, subscriber: Subscriber, commit: str) -> None:
    """The last event of a commit, as the subscriber got it."""
    event = subscriber.last[commit].event
    narrator.item(f"{event.get_type()}  {event.get_subject()}  by {subscriber.data(commit).get('actor')}")
