"""Loopback ports: is a wanted one free, and which ones are free at all."""

import errno
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_FALLBACK_RANGE: Final = (15_000, 32_000)
_EPHEMERAL_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")


class PortTakenError(Exception):
    """A wanted port is in use; the message names it and the setting that moves it."""


def require_free(wanted: Mapping[str, int]) -> None:
    """Check that every wanted port (setting name → port; 0 is always free) can be bound. Raises PortTakenError."""
    seen: dict[int, str] = {}
    for setting, port in wanted.items():
        if port == 0:
            continue
        if port in seen:
            raise PortTakenError(f"port {port} is wanted twice, by {seen[port]} and {setting}: give one another port")
        seen[port] = setting
        _require_bindable(setting, port)


def free_ports(count: int, *, avoid: Iterable[int] = ()) -> list[int]:
    """Choose ports that nobody listens on.

    They lie below the kernel's ephemeral range: the port of a process that is being restarted must not be taken in
    the meantime by somebody's outgoing connection.
    """
    lowest, highest = _range()
    chosen: list[int] = []
    taken = set(avoid)
    candidates = random.SystemRandom().sample(range(lowest, highest), k=highest - lowest)
    for port in candidates:
        if len(chosen) == count:
            return chosen
        if port not in taken and _bind_error(port) is None:
            chosen.append(port)
    raise PortTakenError(f"no {count} free ports between {lowest} and {highest} on {LOOPBACK}")


def _require_bindable(setting: str, port: int) -> None:
    error = _bind_error(port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise PortTakenError(
            f"port {port} ({setting}) is in use: stop what listens there, or choose another one: "
            f"make up {setting}={free_ports(1)[0]}"
        )
    raise PortTakenError(f"port {port} ({setting}) cannot be bound: {error.strerror}")


def _bind_error(port: int) -> OSError | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError as error:
            return error
    return None


def _range() -> tuple[int, int]:
    lowest, highest = _FALLBACK_RANGE
    if _EPHEMERAL_RANGE.exists():
        first_ephemeral = int(_EPHEMERAL_RANGE.read_text().split()[0])
        if lowest < first_ephemeral < highest:
            highest = first_ephemeral
    return lowest, highest
