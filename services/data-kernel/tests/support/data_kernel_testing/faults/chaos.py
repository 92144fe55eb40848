"""Runs very many rounds of faults, tells how far it is, and keeps the result for the benchmarks' row K12.

`python -m data_kernel_testing.faults.chaos [--rounds 1000] [--seed N] [--result FILE]`
"""

import argparse
import asyncio
import json
import logging
import secrets
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from data_kernel_testing.faults.checking import Damage
from data_kernel_testing.faults.rounds import FAULTS, run_rounds

_TOLD_EVERY = 50


@dataclass
class Result:
    """What became of one kind: how many rounds it stood, and the damage that ended it (empty: none)."""

    kind: str
    rounds: int = 0
    damage: str = ""


def main() -> int:
    """Run all kinds; 1 where any of them did damage."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="of each kind of fault (default: 1000)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="to draw the same rounds again")
    parser.add_argument("--result", type=Path, help="a file for the result, as JSON")
    chosen = parser.parse_args()
    # A full disk and a kill are told of by the store; among thousands of them nobody reads it.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _say(f"seed {chosen.seed}, {chosen.rounds} rounds of each kind")
    began_s = time.monotonic()
    results = [_run(kind, chosen.seed, chosen.rounds) for kind in FAULTS]
    if chosen.result:
        text = json.dumps(
            {
                "seed": chosen.seed,
                "asked": chosen.rounds,
                "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "seconds": round(time.monotonic() - began_s),
                "kinds": [asdict(each) for each in results],
            },
            indent=2,
        )
        chosen.result.write_text(text + "\n", encoding="utf-8")
    return 1 if any(each.damage for each in results) else 0


def _run(kind: str, seed: int, count: int) -> Result:
    result = Result(kind)

    def on_round(done: int) -> None:
        result.rounds = done
        if done % _TOLD_EVERY == 0 or done == count:
            _say(f"{kind}: {done} of {count}")

    with TemporaryDirectory() as folder:
        try:
            asyncio.run(run_rounds(kind, Path(folder), seed, count, on_round))
        except Damage as damage:
            result.damage = str(damage)
            _say(result.damage)
    return result


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
