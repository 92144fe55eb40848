"""Branches, the ref log, tags, and what is still to be announced."""

from itertools import pairwise
from typing import Any

from data_kernel.adapters.embedded.encoding import ref_entries
from data_kernel.adapters.embedded.encoding.ref_entries import RefEntry
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.verification.report import Broken, Counts, Fault, Progress
from data_kernel.domain.commits import RefCause

_BRANCHES = (
    "SELECT branch.number, branch.database, name, incarnation, branch.head, ref_number, created_us, deleted_us, "
    "commit_record.id "
    "FROM branch LEFT JOIN commit_record ON commit_record.position = branch.head ORDER BY branch.number"
)
_UPDATES = (
    "SELECT number, cause, old_head, new_head, time_us, actor, traceparent, digest FROM ref_update "
    "WHERE branch = ? ORDER BY number"
)
_CAUSES = {cause.value for cause in RefCause}
_STRAY_ROWS = (
    ("ref log", "SELECT branch, number FROM ref_update WHERE branch NOT IN (SELECT number FROM branch) LIMIT 1"),
    (
        "outbox",
        "SELECT outbox.branch, outbox.number FROM outbox LEFT JOIN ref_update USING (branch, number) "
        "WHERE ref_update.number IS NULL LIMIT 1",
    ),
    (
        "tag",
        "SELECT tag.database, tag.name FROM tag LEFT JOIN commit_record ON commit_record.position = tag.head "
        "WHERE commit_record.position IS NULL LIMIT 1",
    ),
    (
        "index",
        "SELECT database, type FROM property_index WHERE database NOT IN (SELECT number FROM database) LIMIT 1",
    ),
)
_CLOCKS = (
    "SELECT meta.last_us >= coalesce((SELECT max(time_us) FROM ref_update), 0), "
    "meta.sequence >= coalesce((SELECT max(sequence) FROM outbox), 0) FROM meta"
)


def check(access: Access, counts: Counts, progress: Progress) -> None:
    """All of them, of every database."""
    branches: list[Any] = access.connection.execute(_BRANCHES).fetchall()
    for done, branch in enumerate(branches):
        counts.ref_updates += _check_branch(access, branch)
        progress("branches", done + 1, len(branches))
    for kind, query in _STRAY_ROWS:
        stray = access.connection.execute(query).fetchone()
        if stray is not None:
            raise Broken(Fault(kind, 0, f"row {stray[0]}, {stray[1]}", "what it names is not there"))
    if access.connection.execute(_CLOCKS).fetchone() != (1, 1):
        raise Broken(Fault("meta", 0, "its row", "times or sequences would come a second time"))


def _check_branch(access: Access, branch: tuple[Any, ...]) -> int:
    number, database, name, incarnation, head, ref_number, created_us, deleted_us, head_id = branch
    rows: list[Any] = access.connection.execute(_UPDATES, (number,)).fetchall()
    entries = [RefEntry(name, incarnation, *row[:-1]) for row in rows]
    problem = _problem_of_log(entries, ref_number) or _problem_of_digests(entries, rows)
    if not problem and head is not None and head_id is None:
        problem = "its head is not there"
    if not problem and entries and entries[-1].new_head != head_id:
        problem = "its head is not that of its ref log"
    if not problem and (created_us, deleted_us) != _life(entries):
        problem = "its times are not those of its ref log"
    if problem:
        raise Broken(Fault("branch", database, name, problem))
    return len(entries)


def _problem_of_digests(entries: list[RefEntry], rows: list[Any]) -> str:
    is_whole = all(ref_entries.digest(entry) == row[-1] for entry, row in zip(entries, rows, strict=True))
    return "" if is_whole else "an entry of its ref log has another digest"


def _problem_of_log(entries: list[RefEntry], newest: int) -> str:
    # By what is there: the newest number may be one that no range of numbers could be made for.
    if len(entries) != newest or [entry.number for entry in entries] != list(range(1, len(entries) + 1)):
        return "its ref log has gaps"
    if any(before.new_head != after.old_head for before, after in pairwise(entries)):
        return "an entry of its ref log does not begin where the one before ended"
    if any(before.time_us >= after.time_us for before, after in pairwise(entries)):
        return "times of its ref log do not grow"
    if not {entry.cause for entry in entries} <= _CAUSES:
        return "an entry of its ref log has a cause that there is not"
    return ""


def _life(entries: list[RefEntry]) -> tuple[int | None, int | None]:
    """When the branch was made and deleted, by its log: by the first entry, and by one that nothing can follow."""
    if not entries:
        return None, None
    last = entries[-1]
    return entries[0].time_us, last.time_us if last.cause == RefCause.DELETE else None
