"""Who can reach what: loopback of the host, the network of the services, and the closed one of the store."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.stack import Stack, run
from support.waiting import wait_until

STORE_PORT = 6363
IN_THE_STORE = {"data-kernel"}
PRIVATE = {"nats", "redis"}
"""What no one outside of the containers talks to."""

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
except OSError:
    print("no")
else:
    print("yes")
"""


@pytest.fixture
def listener(stack: Stack) -> Iterator[str]:
    """A container that listens where TerminusDB would: in its network, on its port, by its name. Gives its address."""
    image = stack.containers()["data-kernel"]["Config"]["Image"]
    name = f"{stack.project}-listener"
    command = ["docker", "run", "--detach", "--rm", "--name", name, "--network", stack.network("store")]
    command += ["--network-alias", "terminusdb", "--entrypoint", "python", image]
    run([*command, "-m", "http.server", "--directory", "/tmp", str(STORE_PORT)])
    try:
        (inspected,) = json.loads(run(["docker", "inspect", name]))
        address = inspected["NetworkSettings"]["Networks"][stack.network("store")]["IPAddress"]
        wait_until(lambda: reaches(name, "127.0.0.1", STORE_PORT), what="a listener")
        yield str(address)
    finally:
        run(["docker", "rm", "--force", "--volumes", name])


def reaches(container: str, host: str, port: int) -> bool:
    """Whether a program in the container gets a connection."""
    return run(["docker", "exec", container, "python", "-c", CONNECT, host, str(port)]).strip() == "yes"


def test_only_the_kernels_reach_the_store(stack: Stack, listener: str) -> None:
    others = set()
    for service, inspected in stack.containers().items():
        if not inspected["Config"]["Image"].startswith("oms/"):
            continue
        seen = [reaches(inspected["Id"], host, STORE_PORT) for host in ("terminusdb", listener)]
        assert seen == [service in IN_THE_STORE] * 2, service
        others |= {service} - IN_THE_STORE
    assert others >= {"oms-monolith", "event-gateway"}


def test_no_one_else_is_in_the_store_network(stack: Stack) -> None:
    (network,) = json.loads(run(["docker", "network", "inspect", stack.network("store")]))
    assert network["Internal"] is True
    members = {
        service
        for service, each in stack.containers().items()
        if network["Name"] in each["NetworkSettings"]["Networks"]
    }
    assert members == IN_THE_STORE


def test_the_store_reaches_nobody_outside(stack: Stack, listener: str) -> None:
    oms = stack.containers()["oms-monolith"]["NetworkSettings"]["Networks"][stack.network("platform")]["IPAddress"]
    assert reaches(stack.container("event-gateway"), oms, 8000)
    assert not reaches(f"{stack.project}-listener", oms, 8000)


def test_published_on_loopback_alone(stack: Stack) -> None:
    published = {}
    for service, inspected in stack.containers().items():
        bindings = inspected["NetworkSettings"]["Ports"] or {}
        published[service] = [each for bound in bindings.values() for each in bound or []]
        assert {each["HostIp"] for each in published[service]} <= {"127.0.0.1"}, service
    assert not any(published[service] for service in PRIVATE)
    ports = [int(each["HostPort"]) for bound in published.values() for each in bound]
    assert set(ports) <= set(stack.ports.values())
    addresses = own_addresses()
    assert addresses
    for port in ports:
        assert connects("127.0.0.1", port)
        assert not any(connects(address, port) for address in addresses), port


def own_addresses() -> set[str]:
    """Every address of this machine that others may know it by."""
    found = re.findall(r"^\s+\|-- (\S+)\n\s+/32 host LOCAL", _fib_trie(), flags=re.MULTILINE)
    return {address for address in found if not address.startswith("127.")}


def _fib_trie() -> str:
    return Path("/proc/net/fib_trie").read_text(encoding="ascii")


def connects(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
