"""Compose takes the file with every profile, also where the images of that profile cannot be had."""

import pytest
import yaml
from support.stack import COMPOSE_FILE, compose_command, run

FOLDER = COMPOSE_FILE.parent


@pytest.mark.parametrize(
    "profiles", ["", "observability", "terminus", "terminus,observability", "ha", "mtls", "gpu", "terminus,mtls,ha,gpu"]
)
def test_each_profile_is_well_formed(profiles: str) -> None:
    config(profiles)


def test_the_checked_in_choice_is_well_formed() -> None:
    assert run([*compose_command(), "-f", str(COMPOSE_FILE), "config"])


def test_the_first_stages_of_the_rollout_open_the_store_to_the_monolith() -> None:
    opened = config("terminus", "-f", str(FOLDER / "pre-isolation.yml"))
    assert networks_of("oms-monolith", opened) == {"platform", "store"}
    assert networks_of("oms-monolith", config("terminus")) == {"platform"}


def test_high_availability_names_what_it_needs() -> None:
    text = run([*compose_command(), "--env-file", str(FOLDER / "ha.env"), "-f", str(COMPOSE_FILE), "config"])
    assert "kernel-lb:50051" in text
    assert "/etc/oms/cluster.conf" in text
    assert "redis-sentinel-1:26379" in text


def config(profiles: str, *more: str) -> str:
    command = [*compose_command(), "-f", str(COMPOSE_FILE), *more, "config"]
    return run(command, environment={"COMPOSE_PROFILES": profiles})


def networks_of(service: str, text: str) -> set[str]:
    return set(yaml.safe_load(text)["services"][service]["networks"])
