"""The env files follow the rollout order."""

from pathlib import Path

import pytest

from oms.application.rollout import ROLLOUT_ORDER, next_step
from shared.flags.value import FlagValue
from shared.settings_check import read_settings_file

FOLDER = Path(__file__).parents[4] / "deploy/compose/env"


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_an_env_file_sets_every_flag_in_rollout_order(env: str) -> None:
    values, problems = read_settings_file(str(FOLDER / f"{env}.env"))
    assert not problems
    assert [name for name in values if name in ROLLOUT_ORDER] == list(ROLLOUT_ORDER)
    positions = {name: str(FlagValue.parse(values[name])) for name in ROLLOUT_ORDER}
    assert next_step(positions).out_of_order == ()
