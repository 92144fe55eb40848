"""Moving branches over REST; each request moves one, to one commit."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from data_kernel.api.rest.answers import json_response, move_json
from data_kernel.api.rest.inputs import TheKernel, TheWrite
from data_kernel.api.rest.revisions import RevisionBody
from data_kernel.application.versioning.merges import MergeOutcome
from data_kernel.domain.merging import Strategy
from shared.context import current

if TYPE_CHECKING:
    from shared.canonical import Json


StrategyField = Annotated[Strategy, Field(description="Whose edit holds where both sides made one.")]


class MergeBody(BaseModel):
    """What is to be merged into the branch."""

    model_config = ConfigDict(extra="forbid")

    source: RevisionBody = Field(alias="from")
    strategy: StrategyField = Strategy.MANUAL


class ReplayBody(BaseModel):
    """Whose changes are to be done again, or undone."""

    model_config = ConfigDict(extra="forbid")

    commit: RevisionBody
    strategy: StrategyField = Strategy.MANUAL


class RebaseBody(BaseModel):
    """Where the branch's own commits are to begin."""

    model_config = ConfigDict(extra="forbid")

    onto: RevisionBody
    strategy: StrategyField = Strategy.MANUAL


class ResetBody(BaseModel):
    """Where the branch is to point."""

    model_config = ConfigDict(extra="forbid")

    to: RevisionBody


class SquashBody(BaseModel):
    """Which commits are to become one."""

    model_config = ConfigDict(extra="forbid")

    since: RevisionBody | None = Field(None, description="The ancestor that stays. Unset: all commits become one.")


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["versioning"])
    for name, handler in (
        ("merge", merge),
        ("rebase", rebase),
        ("squash", squash),
        ("reset", reset),
        ("revert", revert),
        ("cherry-pick", cherry_pick),
    ):
        routes.add_api_route(f"/db/{{db}}/{name}", handler, methods=["POST"], response_class=Response)
    return routes


async def merge(kernel: TheKernel, db: str, asked: MergeBody, write: TheWrite) -> Response:
    """Merge into the branch: `{commit, branch, changed, resolved}`.

    409 MERGE_CONFLICT lists each conflict by document and path; `resolved` are those in which the strategy took a side.
    """
    options = await write.options()
    return _merged(await kernel.merges.merge(db, asked.source.named, asked.strategy, options, current()))


async def rebase(kernel: TheKernel, db: str, asked: RebaseBody, write: TheWrite) -> Response:
    """Replay the branch's own commits onto another state; answers and conflicts are a merge's."""
    options = await write.options()
    return _merged(await kernel.replays.rebase(db, asked.onto.named, asked.strategy, options, current()))


async def revert(kernel: TheKernel, db: str, asked: ReplayBody, write: TheWrite) -> Response:
    """Take back what a commit did; answers and conflicts are a merge's."""
    options = await write.options()
    return _merged(await kernel.replays.revert(db, asked.commit.named, asked.strategy, options, current()))


async def cherry_pick(kernel: TheKernel, db: str, asked: ReplayBody, write: TheWrite) -> Response:
    """Do what a commit did elsewhere; answers and conflicts are a merge's."""
    options = await write.options()
    return _merged(await kernel.replays.cherry_pick(db, asked.commit.named, asked.strategy, options, current()))


async def reset(kernel: TheKernel, db: str, asked: ResetBody, write: TheWrite) -> Response:
    """Point the branch at another commit: `{commit, branch, changed}`."""
    return json_response(move_json(await kernel.moves.reset(db, asked.to.named, await write.options(), current())))


async def squash(kernel: TheKernel, db: str, asked: SquashBody, write: TheWrite) -> Response:
    """Put one commit in the place of many, with the same state: `{commit, branch, changed}`."""
    since = None if asked.since is None else asked.since.named
    return json_response(move_json(await kernel.moves.squash(db, since, await write.options(), current())))


def _merged(merged: MergeOutcome) -> Response:
    resolved: list[Json] = [{"path": each.path, "rule": each.rule, "message": each.message} for each in merged.resolved]
    return json_response({**move_json(merged.outcome), "resolved": resolved})
