"""Events wait for those who are away."""

from typing import Final

from examples.demo.platform import Body, StepFailed, answer
from examples.demo.run import Run
from examples.demo.steps.bulk_import import show_event

_PAUSE_S: Final = 20.0
SUBJECT: Final = "owl.n.01"


async def catch_up(run: Run) -> str:
    """Change something while the subscriber is away, and see what it gets when it is back."""
    narrator = run.narrator
    note: Body = {"run": run.id, "text": "The demo was here.", "about": f"Synset/{SUBJECT}"}
    narrator.saw(f"{run.subscriber.name!r} has gone away.")
    narrator.call("POST", f"/api/v1/objects/Note  about Synset/{SUBJECT}")
    with run.platform.as_user("alice", "demo: a note while nobody listens"):
        made = await answer(run.platform.oms, "POST", "/api/v1/objects/Note", body=note)
        commit = str(made["commit"])
        run.commits.append(commit)
        if run.subscriber.seen([commit]):
            raise StepFailed("the subscriber heard of it although it was away")
        async with run.subscriber.connected():
            await run.subscriber.wait_for([commit], 1, _PAUSE_S, lambda _: None)
    narrator.saw("Back under the same name, it gets what it missed:")
    show_event(run, commit)
    traceparent = run.subscriber.last[commit].traceparent
    narrator.item(f"traceparent {traceparent}")
    return "1 event missed, and delivered on return"
