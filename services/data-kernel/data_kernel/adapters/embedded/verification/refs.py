"""Branches, the ref log, tags, and what is still to be announced."""

from itertools import pairwise
from typing import Any

from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.verification.report import Broken, Counts, Fault, Progress
from data_kernel.domain.commits import RefCause

_BRANCHES = (
    "SELECT branch.number, branch.database, branch.name, branch.head, branch.ref_number, branch.deleted_us, "
    "commit_record.id "
    "FROM branch LEFT JOIN commit_record ON commit_record.position = branch.head ORDER BY branch.number"
)
_UPDATES = "SELECT number, old_head, new_head, time_us, cause FROM ref_update WHERE branch = ? ORDER BY number"
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
    number, database, name, head, ref_number, deleted_us, head_id = branch
    updates: list[Any] = access.connection.execute(_UPDATES, (number,)).fetchall()
    problem = ""
    if [update[0] for update in updates] != list(range(1, ref_number + 1)):
        problem = "its ref log has gaps"
    elif any(before[2] != after[1] for before, after in pairwise(updates)):
        problem = "an entry of its ref log does not begin where the one before ended"
    elif any(before[3] >= after[3] for before, after in pairwise(updates)):
        problem = "times of its ref log do not grow"
    elif not {update[4] for update in updates} <= _CAUSES:
        problem = "an entry of its ref log has a cause that there is not"
    elif head is not None and head_id is None:
        problem = "its head is not there"
    elif deleted_us is None and updates and updates[-1][2] != head_id:
        problem = "its head is not that of its ref log"
    if problem:
        raise Broken(Fault("branch", database, name, problem))
    return len(updates)
