"""The checks of each tier, one line each: `steps.py check|test|test-long`.

A step that succeeds is one line with its time; one that fails is shown in full, and the others still run.
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent
PYTHON: Final = sys.executable
GATES: Final = str(Path(__file__).with_name("gates.py"))
UV: Final = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools/bin/uv")
_LIMIT_S: Final = 1200.0
_SIDE_BY_SIDE: Final = 2
"""Steps that run at once where each uses one core."""
_STORE: Final = "services/data-kernel/tests/integration/embedded"
"""The store on a real disk: one process at a time, or nearly so, unlike the other real parts."""


@dataclass(frozen=True)
class Step:
    """One command that must succeed."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of it."""

    step: Step
    status: int
    seconds: float
    output: str


def members() -> list[Path]:
    """Every package of the workspace, by its folder."""
    return [Path("packages/shared"), *sorted(path.relative_to(ROOT) for path in (ROOT / "services").iterdir())]


def module(member: Path) -> Path:
    """The folder of a member's code."""
    return next(path.parent.relative_to(ROOT) for path in (ROOT / member).glob("*/py.typed"))


def check() -> Iterator[Step]:
    """Format, lint, types, import contracts, protos, lock, sizes, unit tests."""
    typed = [str(module(member)) for member in members()]
    folders = ("deploy/compose", "deploy/local", "bench", "examples", ".ci")
    typed += [name for name in folders if any((ROOT / name).rglob("*.py"))]
    unit = [str(path) for path in (*(member / "tests/unit" for member in members()), Path("tests/unit"))]
    # The two slow ones first, so that they run beside each other and beside all that is quick.
    yield pytest("unit tests", [path for path in unit if _has_tests(path)])
    yield Step("types", [str(BIN / "mypy"), *typed])
    yield Step("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."])
    yield Step("lint", [str(BIN / "ruff"), "check", "--quiet", "."])
    yield Step("import contracts", [str(BIN / "lint-imports")])
    yield Step("protos", ["make", "--no-print-directory", "-C", "packages/shared", "lint"])
    yield Step("generated code", [PYTHON, GATES, "generated"])
    yield Step("lock", [UV, "lock", "--check", "--quiet"])
    yield Step("sources in the lock", [PYTHON, GATES, "lock"])
    yield Step("module sizes", [PYTHON, GATES, "sizes"])


def beyond_check() -> Iterator[Step]:
    """What `test` has beyond `check`."""
    yield from by_themselves()
    yield from with_processes()


def by_themselves() -> Iterator[Step]:
    """Members alone, contracts, the store: each takes one core, and none minds another beside it."""
    yield pytest("integration: the embedded store", ["-m", "not long", _STORE])
    for member in members():
        if _has_tests(member / "tests/unit"):
            yield alone(member)
    yield from _of_members("contract")


def with_processes() -> Iterator[Step]:
    """Real processes, of each member and of the whole: one at a time, for they take what there is."""
    yield from _of_members("integration", f"--ignore={_STORE}")
    for folder in ("tests/integration", "tests/e2e"):
        if _has_tests(folder):
            yield pytest(folder, ["-m", "not long", folder])


def _of_members(kind: str, *options: str) -> Iterator[Step]:
    for member in members():
        if _has_tests(member / "tests" / kind):
            yield pytest(f"{kind}: {member.name}", ["-m", "not long", *options, str(member / "tests" / kind)])


def long() -> Iterator[Step]:
    """The property tests with ten times the examples, a seed to repeat a failure with; every rollout position."""
    seed = str(secrets.randbelow(2**32))
    print(f"hypothesis seed: {seed}", flush=True)
    options = ["--hypothesis-profile=long", f"--hypothesis-seed={seed}"]
    for member in members():
        paths = [str(member / "tests" / kind) for kind in ("unit", "contract") if _has_tests(member / "tests" / kind)]
        if paths:
            yield pytest(f"long: {member.name}", [*options, *paths])
    for name, of_all in (("REST and CloudEvents", "not test_grpc"), ("gRPC", "test_grpc")):
        yield pytest(f"long: hostile input by {name}", [*options, "-k", of_all, "tests/hostile"])
    real = [str(member / "tests/integration") for member in members() if _has_tests(member / "tests/integration")]
    yield pytest("long: faults of members", ["-m", "long", *real])
    yield pytest("long: faults of the whole", ["-m", "long", "tests/integration"])
    yield pytest("long: the story at every position", ["-m", "long", "tests/e2e"])


def pytest(name: str, arguments: Sequence[str]) -> Step:
    """Tests in the shared environment."""
    return Step(name, [PYTHON, "-m", "pytest", *arguments])


def alone(member: Path) -> Step:
    """A member's unit tests with nothing installed but what the member itself declares.

    All its extras are, save torch: what that one takes from the index are gigabytes of another machine's libraries.
    """
    project = tomllib.loads((ROOT / member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [f"--extra={name}" for name in project.get("optional-dependencies", {}) if name != "torch"]
    command = [UV, "run", "--quiet", "--locked", "--exact", *extras, "--package", project["name"]]
    environment = {"UV_PROJECT_ENVIRONMENT": f".venvs/{member.name}"}
    return Step(f"alone: {member.name}", [*command, "pytest", str(member / "tests/unit")], environment)


def _has_tests(folder: str | Path) -> bool:
    return any((ROOT / folder).rglob("test_*.py"))


def run(step: Step) -> Outcome:
    """Run one command in a process group of its own, so that nothing of it outlives its time limit."""
    began = time.monotonic()
    process = subprocess.Popen(
        step.argv,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(_temporary_folder()), **step.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=_LIMIT_S)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        output += f"\nended after {_LIMIT_S:g} s, its time limit"
    return Outcome(step, process.returncode, time.monotonic() - began, output)


def _temporary_folder() -> Path:
    """What tests write stays in the checkout."""
    folder = ROOT / ".tmp"
    folder.mkdir(exist_ok=True)
    return folder


def report(outcome: Outcome) -> None:
    """One line; the whole output of a failure."""
    counted = re.findall(r"^(\d+ passed.*?)(?: in .*)?$", outcome.output, flags=re.MULTILINE)
    count = f"  {counted[-1]}" if counted else ""
    print(
        f"{'ok  ' if outcome.status == 0 else 'FAIL'} {outcome.seconds:6.1f} s  {outcome.step.name}{count}", flush=True
    )
    if outcome.status != 0:
        print(outcome.output.rstrip(), flush=True)


def run_all(steps: Iterator[Step], *, at_once: int) -> list[Outcome]:
    """Run the steps and report each one in their order."""
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(at_once) as pool:
        running: list[Future[Outcome]] = [pool.submit(run, step) for step in steps]
        try:
            for future in running:
                outcomes.append(future.result())
                report(outcomes[-1])
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return outcomes


def main() -> int:
    """Run a tier and close with the totals."""
    tier = sys.argv[1]
    began = time.monotonic()
    outcomes = run_all(long(), at_once=1) if tier == "test-long" else run_all(check(), at_once=_SIDE_BY_SIDE)
    if tier == "test":
        outcomes += run_all(by_themselves(), at_once=_SIDE_BY_SIDE)
        outcomes += run_all(with_processes(), at_once=1)
    failed = [outcome.step.name for outcome in outcomes if outcome.status != 0]
    if failed:
        print(f"failed: {', '.join(failed)}")
    print(f"{time.monotonic() - began:.0f} s in all")
    print(f"checks: {len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
