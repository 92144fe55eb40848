"""The story: its steps in order, told until the end or until one fails."""

import time
from dataclasses import dataclass
from typing import Final

from examples.demo.narration import Narrator
from examples.demo.platform import StepFailed
from examples.demo.run import Run, Step
from examples.demo.steps import audit, branching, bulk_import, events, jobs, ontology, refusal, searching
from shared.errors import OmsError

STEPS: Final = (
    Step(
        "An ontology",
        "What kinds of things there are is itself data under version control: object types with their properties, and "
        "link types between them.",
        ontology.define,
    ),
    Step(
        "A bulk import that is heard of",
        "Thousands of objects go in as lines of JSON, a thousand to a commit, each checked against its type. Every "
        "change is announced as a CloudEvent, by the kernel itself and only after it is there.",
        bulk_import.load,
    ),
    Step(
        "Search by meaning",
        "The embedding-service follows the branch and turns the searchable properties into vectors, so that a "
        "question finds what means the same in other words.",
        searching.search,
    ),
    Step(
        "A branch, a change, a difference",
        "Work happens on branches, and what differs is told member by member before anybody takes it over.",
        branching.branch,
    ),
    Step(
        "A subscriber that was away",
        "A durable subscriber has a place in the stream that is kept for it: what happens while it is away is "
        "delivered when it is back.",
        events.catch_up,
    ),
    Step(
        "A commit that is refused",
        "What breaks the ontology never becomes a commit. All reasons are told at once, each with its place.",
        refusal.refuse,
    ),
    Step(
        "A job that fires, once and on time",
        "A job waits for its moment in the scheduler, its slot is claimed in the kernel before a worker runs it, and "
        "how it went is kept as an execution.",
        jobs.schedule,
    ),
    Step(
        "Who did what, and why",
        "The log of commits is the audit trail: author, reason, and the trace that leads through all services.",
        audit.read,
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one step went: `told` is its result, `failure` the reason where it has none."""

    step: Step
    told: str
    failure: str
    seconds: float


async def tell(run: Run) -> bool:
    """Tell the whole story and close with the table; whether all went as told."""
    outcomes: list[Outcome] = []
    for number, step in enumerate(STEPS, 1):
        run.narrator.title(f"{number}/{len(STEPS)}  {step.title}")
        run.narrator.why(step.shows)
        outcomes.append(await _tell(run, step))
        if outcomes[-1].failure:
            break
    _close(run.narrator, outcomes)
    return not outcomes[-1].failure


async def _tell(run: Run, step: Step) -> Outcome:
    began = time.monotonic()
    told = failure = ""
    try:
        told = await step.tell(run)
    except (StepFailed, OmsError) as error:
        failure = str(error) or type(error).__name__
    return Outcome(step, told, failure, time.monotonic() - began)


def _close(narrator: Narrator, outcomes: list[Outcome]) -> None:
    narrator.title("Summary")
    narrator.table(
        ("step", "result", "seconds"),
        [(each.step.title, each.told or "FAILED", f"{each.seconds:7.1f}") for each in outcomes],
    )
    narrator.line()
    last = outcomes[-1]
    if last.failure:
        narrator.line(f"Step {len(outcomes)} of {len(STEPS)} failed, {last.step.title!r}: {last.failure}")
    else:
        narrator.line(f"All {len(STEPS)} steps went as told, in {sum(each.seconds for each in outcomes):.1f} s.")
