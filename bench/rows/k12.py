"""K12: what the last `make chaos` found; it takes too long to be run here."""

import json
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure

_RESULT = Path(__file__).parents[1] / "chaos.json"
_ROUNDS_WANTED = 1000


def run() -> Iterator[Figure]:
    """For each kind of fault how many rounds the store stood."""
    if not _RESULT.exists():
        yield Figure("K12", "rounds without damage", 0, "rounds", _ROUNDS_WANTED, spread="`make chaos` was not run yet")
        return
    result = json.loads(_RESULT.read_text(encoding="utf-8"))
    drawn = f"seed {result['seed']}, {result['at']}"
    for each in result["kinds"]:
        what = f"{each['kind']}: rounds without damage"
        yield Figure("K12", what, each["rounds"], "rounds", _ROUNDS_WANTED, spread=drawn)
