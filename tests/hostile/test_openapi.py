"""Every operation that the services' OpenAPI documents name, with what schemathesis makes of their schemas.

The values that it draws are fit or unfit by the schema; half of them address what is really there, for a name that
nothing has would end most requests at 404. The budget is a few examples per operation, ten times that with the profile
`long`; the seed is hypothesis's.
"""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from support.hostile_platform import SERVICES, real
from support.openapi import NOT_OFFERED
from support.platform import Platform
from support.problems import faults_of

EXAMPLES_SHARE = 16
"""One of so many examples that a property test has is spent on each operation."""
ENDLESS = {"/db/{db}/changes"}
"""Streams that end when the client leaves; their heads are read alone."""
_PHASES = (Phase.explicit, Phase.generate)
"""Neither shrinking nor explaining: each example is a request, and the first failure says enough."""


@schemathesis.serializer("application/x-ndjson")
def lines_as_they_are(_: Any, value: Any) -> bytes:
    """The text that was drawn; its schema says no more of the lines."""
    return str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def session(platform: Platform) -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.headers.update(platform.authorization("admin"))
        yield opened


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_fails_or_leaves_the_fault_unnamed(
    platform: Platform, session: requests.Session, service: str, mode: GenerationMode
) -> None:
    url = getattr(platform, service)
    schema = schemathesis.openapi.from_dict(httpx2.get(f"{url}/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations()]
    if mode is GenerationMode.NEGATIVE:
        operations = [each for each in operations if _takes_something(each)]
    assert operations
    faults = [fault for operation in operations for fault in _faults(operation, mode, url, session, real(service))]
    assert not faults, "\n".join(faults)


def _takes_something(operation: Any) -> bool:
    """Whether there is anything in the operation's schema that a request could break."""
    raw = operation.definition.raw
    return bool(raw.get("parameters") or raw.get("requestBody"))


def _faults(
    operation: Any, mode: GenerationMode, url: str, session: requests.Session, known: dict[str, str]
) -> list[str]:
    faults: dict[str, str] = {}

    @settings(
        max_examples=max(1, settings().max_examples // EXAMPLES_SHARE),
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def run(case: Any, is_known: bool) -> None:
        if is_known and case.path_parameters:
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        fault, sent = _try(case, url, session)
        if fault:
            faults.setdefault(f"{operation.label}: {fault}", sent)

    run()
    return [f"{fault}\n    {sent}" for fault, sent in faults.items()]


def _try(case: Any, url: str, session: requests.Session) -> tuple[str, str]:
    arguments = case.as_transport_kwargs(base_url=url)
    arguments["headers"] = {name: value for name, value in arguments["headers"].items() if name.lower() not in _OURS}
    try:
        prepared = session.prepare_request(requests.Request(**arguments))
    except (ValueError, requests.exceptions.RequestException):
        return "", ""  # the client itself cannot say it
    with session.send(prepared, timeout=30, stream=True, allow_redirects=False) as response:
        path = case.operation.path
        body = b"" if path in ENDLESS and response.ok else response.content
        fault = ""
        if prepared.method != "HEAD" or response.status_code >= 500:
            unsupported = (prepared.method, path) in NOT_OFFERED
            fault = faults_of(path, response.status_code, response.headers, body, unsupported=unsupported)
        if not fault and str(response.status_code) not in case.operation.definition.raw["responses"]:
            fault = f"{response.status_code}: the OpenAPI document of the route does not say so"
    return fault, f"{prepared.method} {prepared.url} {dict(prepared.headers)} {str(prepared.body)[:300]}"


_OURS = {"authorization", "x-service-authorization"}
"""Identity has tests of its own: here the caller is known, so that requests get further than 401."""
