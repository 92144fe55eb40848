"""Moving branches over REST; each request moves one, to one commit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from data_kernel.api.rest.answers import json_response, move_json
from data_kernel.api.rest.inputs import JsonBody, TheKernel, TheWrite, WriteInput
from data_kernel.api.rest.revisions import RevisionBody
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.versioning.merges import MergeOutcome
from data_kernel.domain.merging import Strategy
from shared.context import current
from shared.errors import Violation

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
        ("simulate-merge", simulate_merge),
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
    options = await _options(write, asked)
    return _merged(await kernel.merges.merge(db, asked.source.named, asked.strategy, options, current()))


async def simulate_merge(kernel: TheKernel, db: str, asked: MergeBody, write: TheWrite) -> Response:
    """What a merge would do, through the whole pipeline; nothing moves: `{possible, commit, branch, changed,
    conflicts, violations}`.

    `conflicts` are those in which the strategy would take a side, under `manual` those that are in the way;
    `violations` are what both sides together would break. Where a validator refuses there is no commit and branch.
    """
    options = await _options(write, asked)
    found = await kernel.merges.simulate(db, asked.source.named, asked.strategy, options, current())
    outcome = {} if found.outcome is None else move_json(found.outcome)
    told = {"conflicts": _violations(found.conflicts), "violations": _violations(found.violations)}
    return json_response({"possible": found.is_possible, **outcome, **told})


async def rebase(kernel: TheKernel, db: str, asked: RebaseBody, write: TheWrite) -> Response:
    """Replay the branch's own commits onto another state; answers and conflicts are a merge's."""
    options = await _options(write, asked)
    return _merged(await kernel.replays.rebase(db, asked.onto.named, asked.strategy, options, current()))


async def revert(kernel: TheKernel, db: str, asked: ReplayBody, write: TheWrite) -> Response:
    """Take back what a commit did; answers and conflicts are a merge's."""
    options = await _options(write, asked)
    return _merged(await kernel.replays.revert(db, asked.commit.named, asked.strategy, options, current()))


async def cherry_pick(kernel: TheKernel, db: str, asked: ReplayBody, write: TheWrite) -> Response:
    """Do what a commit did elsewhere; answers and conflicts are a merge's."""
    options = await _options(write, asked)
    return _merged(await kernel.replays.cherry_pick(db, asked.commit.named, asked.strategy, options, current()))


async def reset(kernel: TheKernel, db: str, asked: ResetBody, write: TheWrite) -> Response:
    """Point the branch at another commit: `{commit, branch, changed}`."""
    options = await _options(write, asked)
    return json_response(move_json(await kernel.moves.reset(db, asked.to.named, options, current())))


async def squash(kernel: TheKernel, db: str, asked: SquashBody, write: TheWrite) -> Response:
    """Put one commit in the place of many, with the same state: `{commit, branch, changed}`."""
    since = None if asked.since is None else asked.since.named
    options = await _options(write, asked)
    return json_response(move_json(await kernel.moves.squash(db, since, options, current())))


def _merged(merged: MergeOutcome) -> Response:
    return json_response({**move_json(merged.outcome), "resolved": _violations(merged.resolved)})


def _violations(found: Sequence[Violation]) -> "Json":
    return [{"path": each.path, "rule": each.rule, "message": each.message} for each in found]


async def _options(write: WriteInput, asked: BaseModel) -> WriteOptions:
    """The move's options; with an idempotency key what is asked for is part of what it stands for."""
    return await write.options(JsonBody(asked.model_dump(mode="json", by_alias=True), 0))
