"""What CI runs is what the documents say, and each tier has what belongs to it."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import steps

ROOT = Path(__file__).resolve().parents[2]
TIERS = ["test", "test-long", "test-images"]


@pytest.mark.parametrize("engine", [True, False])
def test_ci_runs_every_tier_and_containers_where_an_engine_answers(tmp_path: Path, *, engine: bool) -> None:
    for command, body in {"make": 'echo "make $*"', "docker": "exit 0" if engine else "exit 1"}.items():
        file = tmp_path / command
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci/run"],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    ran = re.findall(r"^make (\S+)$", done.stdout, flags=re.MULTILINE)
    assert ran == (TIERS if engine else TIERS[:-1])


def test_a_tier_that_falls_is_the_end(tmp_path: Path) -> None:
    file = tmp_path / "make"
    file.write_text('#!/bin/sh\necho "make $*"\nexit 3\n')
    file.chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci/run"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "make test\n")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_the_documents_name_what_ci_runs(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for tier in TIERS:
        assert re.search(rf"make {tier}(?![\w-])", text)


def test_a_change_is_tested_alone_by_contract_and_by_real_processes() -> None:
    names = [step.name for step in (*steps.check(), *steps.beyond_check())]
    for member in steps.members():
        assert f"alone: {member.name}" in names
    for name in (
        "unit tests",
        "types",
        "import contracts",
        "lock",
        "contract: data-kernel",
        "tests/integration",
        "tests/e2e",
    ):
        assert name in names


def test_the_long_tier_has_what_the_others_leave_out() -> None:
    found = list(steps.long())
    said = "\n".join(f"{step.name}: {' '.join(step.argv)}" for step in found)
    for part in ("tests/integration", "tests/hostile", "tests/e2e", "--hypothesis-profile=long", "--hypothesis-seed="):
        assert part in said
    marked = {file for file in (ROOT / "tests").rglob("test_*.py") if "mark.long" in file.read_text(encoding="utf-8")}
    for file in marked - {Path(__file__)}:
        folder = file.relative_to(ROOT)
        assert str(folder) in said or f" {folder.parent}" in said, folder
