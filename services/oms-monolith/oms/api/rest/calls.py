"""What every route takes from its request, and how it answers."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from oms.application.oms import Oms
from oms.settings import OmsSettings
from shared.canonical import Json, decode, encode
from shared.context import current
from shared.database.interfaces import ReadOptions, WriteOptions, WriteResult
from shared.errors import InvalidInput
from shared.http import read_body

BranchQuery = Annotated[
    str | None, Query(description="full or short name; by default `X-Branch`, else `<env>/oms/main`")
]
REVISION = "a commit, or a time in RFC 3339 with an offset; `revision` is the same"


def use_cases(request: Request) -> Oms:
    """The monolith's use cases."""
    oms: Oms = request.state.oms
    return oms


def read_options(
    branch: BranchQuery = None,
    rev: Annotated[str | None, Query(description=REVISION)] = None,
    revision: Annotated[str | None, Query(include_in_schema=False)] = None,
) -> ReadOptions:
    """Which state is read."""
    if rev and revision and rev != revision:
        raise InvalidInput("rev and revision differ", field="revision")
    return {"branch": branch or None, "rev": rev or revision or None}


def write_options(
    branch: BranchQuery = None,
    dry_run: Annotated[bool, Query(alias="dryRun", description="everything but the commit")] = False,
) -> WriteOptions:
    """How a write is made; message and idempotency key come by their headers."""
    call = current()
    return {
        "branch": branch or None,
        "message": call.commit_message or f"[{OmsSettings.service_name}] {call.method} {call.route}",
        "dry_run": dry_run,
        "idempotency_key": call.idempotency_key or None,
    }


async def json_body(request: Request) -> Json:
    """The body as exact JSON."""
    return decode(await read_body(request, request.state.limits.document_bytes))


UseCases = Annotated[Oms, Depends(use_cases)]
At = Annotated[ReadOptions, Depends(read_options)]
Writing = Annotated[WriteOptions, Depends(write_options)]


class JsonAnswer(Response):
    """An answer in canonical JSON, so that numbers leave as they came."""

    media_type = "application/json"

    def render(self, content: Json) -> bytes:
        """The bytes of the answer."""
        return encode(content)


def written(
    written_id: str, result: WriteResult, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonAnswer:
    """What a write of one object or type did."""
    body: Json = {
        "id": written_id,
        "commit": result.commit,
        "branch": result.branch,
        "changed": result.changed,
    }
    return JsonAnswer(body, status_code=status, headers=dict(headers or {}))
