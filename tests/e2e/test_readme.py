"""The README's first session, run as it is printed."""

from support.platform import Platform
from support.session import run_session


def test_the_session_does_what_it_says(platform: Platform) -> None:
    here = {
        "localhost:8000": platform.oms_url.removeprefix("http://"),
        "localhost:8080": platform.kernel_url.removeprefix("http://"),
        ".oms/": f"{platform.home.path}/",
        "subscribe.py": f"subscribe.py --gateway {platform.gateway_grpc} --token {platform.home.tokens}/alice",
    }
    ran = 0
    for command, expected, printed in run_session(here):
        assert printed == expected, command
        ran += 1
    assert ran > 5
