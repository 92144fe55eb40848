"""Commits: their ids, their parents, their states, and the index that finds them."""

from data_kernel.adapters.embedded.commits import ancestry, contents
from data_kernel.adapters.embedded.commits.ancestry import CommitRow
from data_kernel.adapters.embedded.encoding import commit_ids, commit_records
from data_kernel.adapters.embedded.encoding.commit_records import Record
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.verification.report import Broken, Counts, Fault, Progress

_COMMITS = (
    "SELECT position, id, base, parents, record, delta FROM commit_record "
    "WHERE position > ? AND position < ? ORDER BY position"
)
_COUNT = "SELECT count(*) FROM commit_record WHERE position > ? AND position < ?"
_INDEXED = "SELECT indexed FROM database WHERE number = ?"
_LOST = (
    "SELECT commit_record.position FROM commit_record LEFT JOIN commit_index USING (id) "
    "WHERE commit_record.position > ? AND commit_record.position <= ? "
    "AND commit_index.position IS NOT commit_record.position LIMIT 1"
)
_STALE = (
    "SELECT commit_index.position FROM commit_index LEFT JOIN commit_record USING (id) "
    "WHERE commit_index.position > ? AND commit_index.position < ? AND commit_record.position IS NULL LIMIT 1"
)


def check(access: Access, database: int, counts: Counts, progress: Progress) -> None:
    """Each commit of the database, oldest first."""
    bounds = (first_of(database), end_of(database))
    total: int = access.connection.execute(_COUNT, bounds).get
    for done, row in enumerate(access.connection.execute(_COMMITS, bounds)):
        commit = CommitRow(*row)
        problem = _problem(access, commit)
        if problem:
            raise Broken(Fault("commit", database, commit_ids.to_text(commit.id), problem))
        counts.commits += 1
        counts.cut += any(not parent for parent in ancestry.unpack_all_parents(commit.parents))
        if not done % 256:
            progress("commits", done, total)
    _check_index(access, database)
    progress("commits", total, total)


def _problem(access: Access, commit: CommitRow) -> str:
    if commit_ids.of_record(commit.record) != commit.id:
        return "its id is not the digest of its record"
    record = commit_records.decode(commit.record)
    return _problem_of_parents(access, commit, record) or _problem_of_state(access, commit, record)


def _problem_of_parents(access: Access, commit: CommitRow, record: Record) -> str:
    positions = ancestry.unpack_all_parents(commit.parents)
    if any(position >= commit.position for position in positions):
        return "a parent lies behind it"
    parents = [ancestry.row_at(access, position) for position in positions if position]
    named = [commit_id for position, commit_id in zip(positions, record.parents, strict=False) if position]
    if len(positions) != len(record.parents) or [parent.id for parent in parents] != named:
        return "its parents are not those of its record"
    if any(commit_records.time_us(parent.record) >= record.time_us for parent in parents):
        return "a parent is not older"
    return ""


def _problem_of_state(access: Access, commit: CommitRow, record: Record) -> str:
    if commit.base is not None and commit.base >= commit.position:
        return "what its state is made from lies behind it"
    content = contents.of_commit(access, commit.position)
    if (content.instance.root_hash, content.schema.root_hash) != (record.instance_root, record.schema_root):
        return "its documents are not those of its record"
    return ""


def _check_index(access: Access, database: int) -> None:
    indexed: int = access.connection.execute(_INDEXED, (database,)).get
    lost = access.connection.execute(_LOST, (first_of(database), max(indexed, first_of(database)))).get
    if lost is not None:
        raise Broken(Fault("commit index", database, f"position {lost}", "the commit is not found by its id"))
    stale = access.connection.execute(_STALE, (first_of(database), end_of(database))).get
    if stale is not None:
        raise Broken(Fault("commit index", database, f"position {stale}", "an id finds a commit that is not there"))
