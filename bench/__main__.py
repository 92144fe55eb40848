"""Runs the benchmarks: `make bench`, or `make bench ONLY=K4`. A missed target is told, and never an error."""

import argparse
import importlib.metadata
import json
import platform as machine
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench.figures import Figure

ROWS = {name.upper(): name for name in ("k1", "k2", "k3", "k4", "k5", "k6", "k7", "k11", "k12", "k13", "memory")}
RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("grpcio", "fastapi", "uvicorn", "httpx2", "aiohttp", "apsw", "protobuf", "pydantic")


def main() -> int:
    """Run what is asked for; 1 where a row could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(ROWS), type=str.upper, help="one row instead of all")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON lines, and keep no RESULTS.md")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    failed = [name for name in ([chosen.only] if chosen.only else ROWS) if not _run(name, figures)]
    if chosen.json:
        sys.stdout.writelines(json.dumps(asdict(each) | {"met": each.met}) + "\n" for each in figures)
    else:
        table = _table(figures)
        sys.stdout.write(table)
        if not chosen.only and not failed:
            RESULTS.write_text(_page(table), encoding="utf-8")
    return 1 if failed else 0


def _run(name: str, figures: list[Figure]) -> bool:
    began_s = time.monotonic()
    sys.stderr.write(f"{name}: measuring\n")
    try:
        for figure in import_module(f"bench.rows.{ROWS[name]}").run():
            sys.stderr.write(f"{name}: {figure.what}: {figure.value:.4g} {figure.unit} ({figure.spread})\n")
            figures.append(figure)
    except (RuntimeError, AssertionError, OSError) as error:
        sys.stderr.write(f"{name}: not measured: {error}\n")
        return False
    sys.stderr.write(f"{name}: {time.monotonic() - began_s:.0f} s\n")
    return True


def _table(figures: Sequence[Figure]) -> str:
    lines = ["| row | figure | measured | of rounds | target | met |", "|---|---|---|---|---|---|"]
    for each in figures:
        target = "" if each.target is None else f"{'≥' if each.at_least else '≤'} {each.target:g} {each.unit}"
        met = {True: "yes", False: "**no**", None: ""}[each.met]
        lines.append(f"| {each.row} | {each.what} | {each.value:.4g} {each.unit} | {each.spread} | {target} | {met} |")
    return "\n".join(lines) + "\n"


def _page(table: str) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (
        "# Results\n\nWritten by `make bench`. Ratios are medians of rounds run in turn, with their range beside.\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, Python {machine.python_version()}; {versions}.\n\n{table}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} x {models[0]}" if models else machine.machine()


if __name__ == "__main__":
    sys.exit(main())
