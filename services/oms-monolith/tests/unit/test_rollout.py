"""The rollout order, and the figures of the migration board."""

import pytest

from oms.adapters.migration_board import HistogramBoard, percentile
from oms.application.path_meter import metered
from oms.application.rollout import ROLLOUT_ORDER, next_step
from oms.core import extra
from shared.errors import NotFound, OmsError, Unavailable
from shared.flags.flags import USE_EMBEDDING_MS, USE_GATEWAY, USE_SCHEDULER_MS, Flags
from shared.flags.value import FlagValue, Path
from shared.telemetry import Telemetry


def positions(*values: str) -> dict[str, str]:
    return dict(zip(ROLLOUT_ORDER, values, strict=True))


@pytest.mark.parametrize(
    ("values", "flag", "early"),
    [
        (("off", "off", "off", "off"), "USE_GATEWAY", ()),
        (("on", "off", "off", "off"), "USE_EMBEDDING_MS", ()),
        (("on", "10%", "off", "off"), "USE_EMBEDDING_MS", ()),
        (("on", "on", "on", "off"), "USE_EVENT_GATEWAY", ()),
        (("on", "on", "on", "on"), "", ()),
        (("off", "on", "off", "5%"), "USE_GATEWAY", ("USE_EMBEDDING_MS", "USE_EVENT_GATEWAY")),
    ],
)
def test_the_next_step_is_the_first_flag_that_is_not_on(
    values: tuple[str, ...], flag: str, early: tuple[str, ...]
) -> None:
    step = next_step(positions(*values))
    assert (step.flag, step.out_of_order) == (flag, early)


def test_percentiles_lie_within_their_bucket() -> None:
    counted = [(0.1, 50), (0.2, 90), (1.0, 100), (float("inf"), 100)]
    assert percentile(counted, 0.5) == pytest.approx(0.1)
    assert percentile(counted, 0.7) == pytest.approx(0.15)
    assert percentile(counted, 0.95) == pytest.approx(0.6)
    assert percentile([(0.1, 0), (float("inf"), 3)], 0.5) == pytest.approx(0.1)
    assert percentile([(0.1, 0), (float("inf"), 0)], 0.5) is None
    assert percentile([], 0.5) is None


class Client:
    limit = 3

    async def answer(self, error: OmsError | None = None) -> str:
        if error is not None:
            raise error
        return "answer"


async def test_a_metered_client_counts_answers_refusals_and_failures() -> None:
    telemetry = Telemetry.off("oms")
    flags = Flags({name: FlagValue.parse("on") for name in ROLLOUT_ORDER}, telemetry)
    board = HistogramBoard(flags, dict.fromkeys(ROLLOUT_ORDER, "default"), telemetry.registry)
    client = metered(Client(), board, USE_GATEWAY, Path.SERVICE)
    assert client.limit == 3
    assert await client.answer() == "answer"
    with pytest.raises(NotFound):
        await client.answer(NotFound("no"))
    with pytest.raises(Unavailable):
        await client.answer(Unavailable("away"))
    states = {each.name: each for each in board.states()}
    served = states[USE_GATEWAY].paths["service"]
    assert (served.calls, served.failures) == (3, 1)
    assert served.p50_s is not None
    assert served.p50_s <= served.p99_s
    assert states[USE_GATEWAY].paths["legacy"].calls == 0
    assert states[USE_EMBEDDING_MS].paths["service"].p50_s is None


@pytest.mark.parametrize(("text", "refused"), [("off", True), ("99%", True), ("100%", False), ("on", False)])
def test_a_position_that_needs_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, text: str, refused: bool
) -> None:
    monkeypatch.setattr(extra, "PACKAGES", {USE_EMBEDDING_MS: ("no_such_package",), USE_SCHEDULER_MS: ("json",)})
    found = extra.problems({USE_EMBEDDING_MS: FlagValue.parse(text), USE_SCHEDULER_MS: FlagValue.parse("off")})
    assert bool(found) is refused
    if refused:
        assert found[0].startswith(f"USE_EMBEDDING_MS={text}: ")
        assert "oms-monolith[legacy-ml]" in found[0]
