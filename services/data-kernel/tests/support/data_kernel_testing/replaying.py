"""Replays what a real TerminusDB answered against a running kernel, step by step."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

CONTRACT = Path(__file__).parents[2] / "contract" / "terminusdb"
QUERY_AREAS = {"woql", "graphql", "triples"}
_BY_QUERY = tuple(f"/api/{area}" for area in QUERY_AREAS)
_UNAUTHORIZED = 401
_FEW_STEPS = 20
_HISTORIES = {"history", "diff", "patch", "merge", "migration"}


@dataclass(frozen=True)
class Replayed:
    """What became of one recording: for each step that was compared its name, and what differs (`None`: nothing)."""

    area: str
    steps: tuple[tuple[str, str | None], ...]

    @property
    def passed(self) -> int:
        """How many steps were answered as TerminusDB answered them."""
        return sum(difference is None for _, difference in self.steps)

    @property
    def wanted(self) -> int:
        """How many have to be: 95 of 100 (90 where histories are compared), and of fewer than 20 all but one."""
        if len(self.steps) < _FEW_STEPS:
            return len(self.steps) - 1
        percent = 90 if self.area in _HISTORIES else 95
        return -(-len(self.steps) * percent // 100)

    def report(self) -> str:
        """The steps that differ, each with its first difference."""
        lines = [f"{name}: {difference}" for name, difference in self.steps if difference is not None]
        return "\n".join([f"{self.passed} of {len(self.steps)} steps, {self.wanted} wanted", *lines])


class Replay:
    """Recordings against the kernel at a base URL, as the account `admin` with the password `root`."""

    def __init__(self, base_url: str, timeout_s: float = 60.0) -> None:
        self._contract = _load_contract()
        self._server = self._contract.Server(base_url, "admin", "root", timeout_s)

    def run(self, path: Path) -> Replayed:
        """Send every step of a recording but queries, in order, and compare the answers.

        No later step needs what a query wrote: where one did, the next step that writes makes up for it.
        """
        recording = self._contract.load(path.read_text(encoding="utf-8"))
        tokens, unordered = self._contract.Tokens(), set(recording["unordered"])
        steps = [step for step in recording["steps"] if not step["path"].startswith(_BY_QUERY)]
        return Replayed(recording["area"], tuple((each["name"], self._step(each, tokens, unordered)) for each in steps))

    def _step(self, step: dict[str, Any], tokens: Any, unordered: set[str]) -> str | None:
        answer = self._server.send({key: tokens.fill(value) for key, value in step.items() if key != "response"})
        if step.get("auth") == "none" and answer["status"] == _UNAUTHORIZED:
            return None
        difference: str | None = self._contract.compare(step, answer, tokens, unordered)
        return difference


def recordings() -> list[Path]:
    """The recordings that are no queries."""
    contract = _load_contract()
    paths = sorted((CONTRACT / "vectors").glob("*.json"))
    return [path for path in paths if contract.load(path.read_text(encoding="utf-8"))["area"] not in QUERY_AREAS]


def _load_contract() -> ModuleType:
    """The comparison, which lies beside the recordings as it came with them."""
    spec = importlib.util.spec_from_file_location("terminusdb_contract", CONTRACT / "contract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
