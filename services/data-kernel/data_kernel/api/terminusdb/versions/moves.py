"""Moving branches: `POST /api/rebase/{path}`, `POST /api/squash/{path}` and `POST /api/reset/{path}`."""

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import branch_headers, success
from data_kernel.api.terminusdb.refusing.rebase_refusals import rebase_failure
from data_kernel.api.terminusdb.refusing.refusals import Refusal, not_offered
from data_kernel.api.terminusdb.resources import ORGANISATION, REPOSITORY, Kind, Resource, parse_resource, path_segments
from data_kernel.api.terminusdb.versions.forwarding import forwarded
from data_kernel.api.terminusdb.versions.moving import COMMIT_INFO, Asked
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.ports import WriteOutcome
from data_kernel.application.versioning.joining import SidesContradict, UnionRefused
from data_kernel.application.versioning.replays import RebaseOutcome, Replayed
from data_kernel.domain.merging import Strategy
from data_kernel.domain.tags import is_commit_id
from shared.canonical import Json
from shared.context import current
from shared.errors import InvalidInput, NotFound, OmsError

_SOURCE, _TARGET = "rebase_from", "commit_descriptor"


async def rebase(request: Request, kernel: TheKernel) -> Response:
    """Make the branch's own commits again, behind those of another branch or commit, by the author of the rebase."""
    asked = await Asked.of(request, kernel, "rebase")
    asked.require("author", _SOURCE)
    source = _source(asked.text(_SOURCE), asked.resource)
    write = await asked.write(author=asked.text("author"))
    outcomes: list[RebaseOutcome] = []

    async def call() -> WriteOutcome:
        database, options, context = write.resource.database, write.options, current()
        try:
            done = await kernel.replays.rebase(database, source, Strategy.MANUAL, options, context, anew=True)
        except (SidesContradict, UnionRefused) as error:
            raise await rebase_failure(kernel, write.resource, error) from error
        outcomes.append(done)
        return done.outcome

    await write.run(call)
    (done,) = outcomes
    reports: list[Json] = [_report(each) for each in done.replayed]
    told: dict[str, Json] = {} if done.common is None else {"common_commit_id": done.common}
    told |= {"forwarded_commits": await forwarded(kernel, write.resource, done), "rebase_report": reports}
    return success("api:RebaseResponse", branch_headers(done.outcome.branch), told=told)


async def squash(request: Request, kernel: TheKernel) -> Response:
    """Make one commit that stands for all of the branch's; the branch stays where it is."""
    asked = await Asked.of(request, kernel, "squash")
    asked.require(COMMIT_INFO)
    write = await asked.write_saying(asked.body[COMMIT_INFO])
    heads: list[str | None] = []

    async def call() -> WriteOutcome:
        heads[:] = await kernel.moves.squashed(write.resource.database, write.options, current())
        return WriteOutcome((), heads[0], write.resource.name, changed=False)

    await write.run(call)
    old, made = [None if each is None else _commit_path(asked.resource, each) for each in heads]
    if made is None:
        return success("api:EmptySquashResponse", told={"empty_commit": True})
    return success("api:SquashResponse", told={"commit": made, "old_commit": old})


async def reset(request: Request, kernel: TheKernel) -> Response:
    """Point the branch at a commit, named by its path or its id."""
    asked = await Asked.of(request, kernel, "reset")
    asked.require(_TARGET)
    commit = _target(asked.text(_TARGET), asked.resource)
    write = await asked.write()

    async def call() -> WriteOutcome:
        target = NamedRevision(commit=commit)
        try:
            return await kernel.moves.reset(write.resource.database, target, write.options, current())
        except NotFound as error:
            raise _unresolvable_commit(error, commit) from error

    return success("api:ResetResponse", write.headers(await write.run(call)))


def _source(text: str, resource: Resource) -> NamedRevision:
    source = parse_resource(path_segments(text))
    if source is None or source.kind not in {Kind.BRANCH, Kind.COMMIT}:
        cause = InvalidInput(f"{_SOURCE}: it is no path of a branch or a commit", field=_SOURCE)
        members: dict[str, Json] = {"api:absolute_descriptor": text}
        raise Refusal(cause, kind="api:BadAbsoluteSourceDescriptor", members=members)
    if not _is_of_one_database(source, resource):
        raise not_offered("a source in another database", _SOURCE)
    return source.revision(current())


def _target(text: str, resource: Resource) -> str:
    """The commit of a path, or the commit that the text is itself."""
    if is_commit_id(text):
        return text
    target = parse_resource(path_segments(text))
    if target is None or target.kind is not Kind.COMMIT or not _is_of_one_database(target, resource):
        cause = InvalidInput(f"{_TARGET}: it is no commit of this database", field=_TARGET)
        members: dict[str, Json] = {"api:absolute_descriptor": text}
        raise Refusal(cause, kind="api:NotACommitDescriptorError", members=members)
    return target.name


def _is_of_one_database(one: Resource, other: Resource) -> bool:
    return (one.organisation, one.database, one.repository) == (ORGANISATION, other.database, REPOSITORY)


def _unresolvable_commit(error: NotFound, commit: str) -> OmsError:
    if error.field != "commit":
        return error
    return Refusal(error, kind="api:UnresolvableCommitId", members={"api:commit": commit})


def _commit_path(resource: Resource, commit: str) -> str:
    return Resource(resource.organisation, resource.database, Kind.COMMIT, commit, resource.repository).descriptor


def _report(replayed: Replayed) -> Json:
    applied: list[Json] = [] if replayed.applied is None else [replayed.applied]
    return {
        "@type": "api:RebaseReport",
        "api:origin_commit": replayed.origin,
        "api:applied": applied,
        "api:commit_type": "api:valid_commit",
    }
