import socket

import pytest

from ports import PortTakenError, free_ports, require_free


def test_a_taken_port_is_refused_with_its_setting_and_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"port {port} \(OMS_HTTP_PORT\) is in use.*OMS_HTTP_PORT=\d+"):
            require_free({"NATS_PORT": 0, "OMS_HTTP_PORT": port})


def test_one_port_for_two_settings_is_refused() -> None:
    (port,) = free_ports(1)
    with pytest.raises(PortTakenError, match="wanted twice, by A_PORT and B_PORT"):
        require_free({"A_PORT": port, "B_PORT": port})


def test_chosen_ports_are_free_different_and_none_of_those_to_avoid() -> None:
    first = free_ports(5)
    second = free_ports(5, avoid=first)
    assert len({*first, *second}) == 10
    require_free({f"P{port}": port for port in [*first, *second]})
