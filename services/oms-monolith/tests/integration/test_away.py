"""What the monolith answers while the kernel is there and mute."""

from pathlib import Path

import httpx2
from support.platform import Platform


def test_a_mute_kernel_is_waited_for_as_long_as_the_setting_says(tmp_path: Path) -> None:
    settings = {"oms": {"REQUEST_TIMEOUT_S": "0.5"}}
    with Platform(tmp_path / "home", only=["nats", "data-kernel", "oms"], environment=settings) as platform:
        platform.wait_ready()
        platform.pause("data-kernel")
        answer = httpx2.get(
            f"{platform.oms_url}/api/v1/object-types", headers=platform.authorization(), timeout=30, trust_env=False
        )
        platform.resume("data-kernel")
    assert (answer.status_code, answer.json()["reason"]) == (504, "DEADLINE_EXCEEDED")
    assert answer.json()["detail"] == "data-kernel did not answer within 0.5 s"
