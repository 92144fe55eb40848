"""Which addresses a task may reach."""

import pytest

from scheduler_service.adapters.targets import is_public, resolve
from scheduler_service.application.ports import TaskFailed


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "8.8.8.8", "::ffff:8.8.8.8"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


async def test_a_name_that_points_inwards_is_refused_for_good() -> None:
    with pytest.raises(TaskFailed) as caught:
        await resolve("localhost", 80, allow_private=False)
    assert caught.value.is_final
    assert await resolve("localhost", 80, allow_private=True) in {"127.0.0.1", "::1"}


async def test_a_name_without_address_may_have_one_later() -> None:
    with pytest.raises(TaskFailed) as caught:
        await resolve("no-such-name.invalid", 80, allow_private=False)
    assert not caught.value.is_final
