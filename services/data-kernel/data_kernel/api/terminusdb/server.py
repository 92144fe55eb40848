"""Liveness and information: `GET /api/ok` and `GET /api/info`."""

from importlib.metadata import version

from fastapi.responses import Response

from data_kernel.api.terminusdb.answers import json_answer
from data_kernel.api.terminusdb.own_members import own_members
from shared.context import current

COMPATIBLE_WITH = "12.0.6"
"""The TerminusDB whose interface this is."""


async def ok() -> Response:
    """The process answers."""
    return Response(headers={"content-type": "application/octets"})


async def info() -> Response:
    """Who asks, and which TerminusDB this speaks like."""
    caller = current().caller
    return json_answer(
        {
            "@type": "api:InfoResponse",
            "api:status": "api:success",
            "api:info": {
                "authority": f"terminusdb://system/data/User/{caller.subject if caller else 'anonymous'}",
                "storage": {"version": "2"},
                "terminusdb": {"version": COMPATIBLE_WITH},
                **own_members({"data_kernel": {"version": version("data-kernel")}}),
            },
        }
    )
