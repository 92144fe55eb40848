"""The order in which the services take over."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.flags.flags import USE_EMBEDDING_MS, USE_EVENT_GATEWAY, USE_GATEWAY, USE_SCHEDULER_MS

ROLLOUT_ORDER = (USE_GATEWAY, USE_EMBEDDING_MS, USE_SCHEDULER_MS, USE_EVENT_GATEWAY)
AFTERWARDS = "close port 6363, then deprecate and remove the legacy code"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes next: the flag to turn on, empty where all are; and what speaks against the present positions."""

    flag: str
    action: str
    out_of_order: tuple[str, ...]


def next_step(positions: Mapping[str, str]) -> NextStep:
    """The next step from the flags' positions (`off`, `on`, `N%`)."""
    waiting = [name for name in ROLLOUT_ORDER if positions[name] != "on"]
    if not waiting:
        return NextStep("", AFTERWARDS, ())
    first, *later = waiting
    ahead = ROLLOUT_ORDER[ROLLOUT_ORDER.index(first) + 1 :]
    early = tuple(name for name in ahead if name not in later or positions[name] not in {"off", "0%"})
    return NextStep(first, f"turn {first} from {positions[first]} to on", early)
