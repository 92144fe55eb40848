"""Where a task may send its request: never to the inside of the network, unless the operator says so."""

import asyncio
import ipaddress
import socket

from scheduler_service.application.ports import TaskFailed

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


async def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """An address of the host to connect to, as it is, so that nothing is resolved a second time.

    TaskFailed where it has none, and for good where any of them is not a public one: a name that points inwards as
    well as outwards is no accident.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TaskFailed("the target's name does not resolve") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise TaskFailed("the target's name does not resolve")
    if not allow_private and not all(is_public(address) for address in addresses):
        raise TaskFailed("the target is not a public address", is_final=True)
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet; those that wrap another count as what they wrap."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
