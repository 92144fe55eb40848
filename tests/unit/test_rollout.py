"""The runbook of the rollout knows every flag and environment, and a way back for each."""

import re
from pathlib import Path

import pytest

from shared.flags.flags import FLAG_NAMES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/operations/rollout.md").read_text(encoding="utf-8")
ENVIRONMENTS = {path.stem for path in (ROOT / "deploy/compose/env").glob("*.env")}


def section(title: str) -> str:
    """What stands below a heading."""
    return re.split(r"^#+ ", TEXT.partition(f"# {title}\n")[2], flags=re.MULTILINE)[0]


def first_cells(text: str) -> list[str]:
    """The flags that the rows of a table begin with, or have behind a number."""
    return re.findall(r"^\|(?: \d+ \|)? `(USE_\w+)` \|", text, flags=re.MULTILINE)


def test_flags_are_moved_in_the_order_of_the_code() -> None:
    assert first_cells(section("Rolling the services out, and back")) == list(FLAG_NAMES)


def test_every_flag_has_a_way_back() -> None:
    assert first_cells(section("The way back")) == list(FLAG_NAMES)


def test_every_environment_is_in_the_calendar() -> None:
    weeks = re.findall(r"^\| (\d+) \| (\w+) \| `(\S+)` \| (.+) \|$", section("Calendar"), flags=re.MULTILINE)
    assert [int(week) for week, *_ in weeks] == list(range(1, len(weeks) + 1))
    assert {environment for _, environment, *_ in weeks} == ENVIRONMENTS
    assert all(gate for *_, gate in weeks)


@pytest.mark.parametrize("environment", sorted(ENVIRONMENTS))
def test_every_environment_sets_every_flag(environment: str) -> None:
    text = (ROOT / f"deploy/compose/env/{environment}.env").read_text(encoding="utf-8")
    assert set(re.findall(r"^(USE_\w+)=\S+$", text, flags=re.MULTILINE)) >= set(FLAG_NAMES)
