"""Tells what the platform does, on a platform that runs: `make demo` while `make up` runs elsewhere.

Exit status: 0 where every step did what it says, 1 where one failed, 130 after Ctrl-C. It can be run again and again.
"""

import argparse
import asyncio
import secrets
import sys
from datetime import UTC, datetime

from examples.demo.addresses import Addresses
from examples.demo.corpus import load
from examples.demo.narration import Narrator, grouped
from examples.demo.platform import Platform, StepFailed
from examples.demo.run import Run
from examples.demo.story import tell

_FAILED = 1
_INTERRUPTED = 130


async def demo(addresses: Addresses, *, full: bool) -> bool:
    """Tell the story once; whether all went well. StepFailed where it cannot begin."""
    narrator = Narrator(sys.stdout)
    _check_tokens(addresses)
    corpus = load(full=full)
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    platform = Platform(addresses)
    try:
        run = Run(run_id, platform, narrator, corpus)
        narrator.line(f"An Ontology Management System on {corpus.name}: {grouped(len(corpus.lines))} synsets")
        narrator.line(f"OMS {addresses.oms}, kernel {addresses.kernel}, events {addresses.gateway}, run {run_id}")
        return await tell(run)
    finally:
        await platform.close()


def _check_tokens(addresses: Addresses) -> None:
    try:
        addresses.token("alice")
    except FileNotFoundError as error:
        raise StepFailed(f"no token in {addresses.home}: start the platform first with `make up`") from error


def main() -> int:
    """Read the arguments and tell the story."""
    parser = argparse.ArgumentParser(
        prog="make demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    Addresses.add_arguments(parser)
    parser.add_argument("--full", action="store_true", help="all of WordNet from Debian's wordnet-base, not the slice")
    chosen = parser.parse_args()
    try:
        return 0 if asyncio.run(demo(Addresses.of(chosen), full=chosen.full)) else _FAILED
    except StepFailed as error:
        sys.stderr.write(f"make demo: {error}\n")
        return _FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\nmake demo: interrupted; what was done stays, and it can be run again\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
