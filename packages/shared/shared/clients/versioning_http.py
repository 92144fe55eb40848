"""Moves, tags and histories over the kernel's REST interface."""

from typing import Any, Unpack
from urllib.parse import quote

from shared.canonical import Json
from shared.clients.kernel_http import KernelHttp, commit_of
from shared.database.interfaces import ChangeKind, ReadOptions, WriteOptions, WriteResult
from shared.database.revisions import NamedState
from shared.database.versioning import (
    DocumentHistoryEntry,
    MergeReport,
    MergeStrategy,
    Move,
    MoveOutcome,
    TagInfo,
)
from shared.errors import Violation

_FIELDS = {
    Move.MERGE: "from",
    Move.REBASE: "onto",
    Move.CHERRY_PICK: "commit",
    Move.REVERT: "commit",
    Move.RESET: "to",
    Move.SQUASH: "since",
}


class VersioningHttp:
    """The kernel's routes for moves, tags and histories; the client is shared with what reads and writes documents."""

    def __init__(self, kernel: KernelHttp) -> None:
        self._kernel = kernel

    async def move(
        self, move: Move, state: NamedState | None, strategy: MergeStrategy | None, **options: Unpack[WriteOptions]
    ) -> MoveOutcome:
        """As `VersioningClient.move`."""
        body: dict[str, Json] = {} if state is None else {_FIELDS[move]: _revision(state)}
        if strategy is not None:
            body["strategy"] = strategy.value
        answer = await self._kernel.post(move.value, body, **options)
        result = WriteResult((), answer["commit"] or "", answer["branch"], answer["changed"])
        return MoveOutcome(result, _violations(answer.get("resolved", [])))

    async def simulate_merge(
        self, source: NamedState, strategy: MergeStrategy, **options: Unpack[WriteOptions]
    ) -> MergeReport:
        """As `VersioningClient.simulate_merge`."""
        body: dict[str, Json] = {"from": _revision(source), "strategy": strategy.value}
        answer = await self._kernel.post("simulate-merge", body, **options)
        return MergeReport(answer["possible"], _violations(answer["conflicts"]), _violations(answer["violations"]))

    async def tags(self, *, database: str | None = None) -> list[TagInfo]:
        """As `VersioningClient.tags`."""
        answer = await self._kernel.ask("GET", "tags", database=database)
        return [TagInfo(**tag) for tag in answer["tags"]]

    async def get_tag(self, name: str, *, database: str | None = None) -> TagInfo:
        """As `VersioningClient.get_tag`."""
        return TagInfo(**await self._kernel.ask("GET", f"tags/{quote(name, safe='')}", database=database))

    async def set_tag(self, name: str, state: NamedState, *, database: str | None = None) -> TagInfo:
        """As `VersioningClient.set_tag`."""
        body = _revision(state)
        return TagInfo(**await self._kernel.ask("PUT", f"tags/{quote(name, safe='')}", body, database=database))

    async def delete_tag(self, name: str, *, database: str | None = None) -> None:
        """As `VersioningClient.delete_tag`."""
        await self._kernel.ask("DELETE", f"tags/{quote(name, safe='')}", database=database)

    async def history(
        self, document_id: str, *, count: int = 100, **at: Unpack[ReadOptions]
    ) -> list[DocumentHistoryEntry]:
        """As `VersioningClient.history`."""
        page = await self._kernel.look_up(f"history/{quote(document_id, safe='/')}", {"count": str(count)}, **at)
        return [DocumentHistoryEntry(commit_of(each["commit"]), ChangeKind(each["kind"])) for each in page["entries"]]


def _revision(state: NamedState) -> dict[str, Json]:
    time = state.time.isoformat() if state.time else ""
    return {"branch": state.branch, "rev": state.commit or state.tag or time}


def _violations(found: Any) -> tuple[Violation, ...]:
    return tuple(Violation(each["path"], each["rule"], each["message"]) for each in found)
