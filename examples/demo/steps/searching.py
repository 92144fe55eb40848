"""Semantic search: by meaning, where words alone find nothing."""

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx2

from examples.demo.corpus import words
from examples.demo.platform import StepFailed, refused, send
from examples.demo.run import Run
from shared.canonical import decode

_PATH: Final = "/api/v1/search"
_FIRST: Final = 5
_OK: Final = HTTPStatus.OK
_AWAY: Final = HTTPStatus.SERVICE_UNAVAILABLE
_PAUSE_S: Final = 0.5
_WAIT_S: Final = 60.0
_WAIT_PER_OBJECT_S: Final = 0.02
"""The embedding service follows the branch by itself; this much slower than it is on two cores is taken for away."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody may ask, and the synset that answers it."""

    text: str
    synset: str


QUESTIONS: Final = (
    Question("device that tells how hot the patient is", "thermometer.n.01"),
    Question("night bird with big round eyes", "owl.n.01"),
    Question("the ground trembles and houses collapse", "earthquake.n.01"),
)


async def search(run: Run) -> str:
    """Ask three questions; each must have its answer among the first five."""
    with run.platform.as_user("alice"):
        deadline = time.monotonic() + _WAIT_S + _WAIT_PER_OBJECT_S * len(run.corpus.lines)
        for question in QUESTIONS:
            await _ask(run, question, deadline)
    return f"{len(QUESTIONS)} of {len(QUESTIONS)} questions answered, by words alone 0"


async def _ask(run: Run, question: Question, deadline: float) -> None:
    narrator = run.narrator
    narrator.call("GET", f"{_PATH}?q={question.text}")
    hits = await _hits(run, question, deadline)
    rank = 1 + [each["id"] for each in hits].index(f"Synset/{question.synset}")
    phrase, together = run.corpus.with_phrase(question.text), run.corpus.with_words(question.text)
    if phrase or together:
        raise StepFailed(f"words alone find {question.text!r}, so that it shows nothing")
    for each in hits[:rank]:
        found = each["object"]
        narrator.item(f"{float(each['score']):.2f}  {', '.join(found['lemmas'])}: {found['gloss']}")
    shared = words(question.text) & words(run.corpus.texts[question.synset])
    has = f"has only {', '.join(sorted(shared))} of these words" if shared else "has none of these words"
    narrator.saw(f"Number {rank} by meaning. It {has}; no object has them all, so a search for words finds nothing.")


async def _hits(run: Run, question: Question, deadline: float) -> list[Any]:
    """The first hits, once the answer is among them: what was imported just now is being embedded."""
    waited = False
    while True:
        params: dict[str, str | int] = {"q": question.text, "type": "Synset", "limit": _FIRST}
        response = await send(run.platform.oms, "GET", _PATH, params=params)
        if response.status_code not in (_OK, _AWAY):
            raise refused("GET", _PATH, response)
        hits = _list(response) if response.status_code == _OK else []
        if any(each["id"] == f"Synset/{question.synset}" for each in hits):
            return hits
        if time.monotonic() >= deadline:
            if response.status_code == _AWAY:
                raise refused("GET", _PATH, response)
            found = ", ".join(each["id"] for each in hits) or "nothing"
            raise StepFailed(f"{question.text!r} does not find Synset/{question.synset}, but {found}")
        if not waited:
            run.narrator.item("the embedding-service is still reading what was imported …")
        waited = True
        await asyncio.sleep(_PAUSE_S)


def _list(response: httpx2.Response) -> list[Any]:
    hits = decode(response.content)
    if not isinstance(hits, list):
        raise StepFailed("the search answered something other than a list")
    return hits
