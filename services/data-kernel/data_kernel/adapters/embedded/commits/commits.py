"""Making commits: the plan, the record, and the move of the branch."""

from typing import NamedTuple

from data_kernel.adapters.embedded.commits import ancestry, contents, idempotency
from data_kernel.adapters.embedded.commits.ancestry import CommitRow
from data_kernel.adapters.embedded.commits.contents import Content, pack_ref
from data_kernel.adapters.embedded.commits.drafts import Draft, draft
from data_kernel.adapters.embedded.commits.planning import EmbeddedWriterView
from data_kernel.adapters.embedded.encoding import commit_ids, commit_records, deltas
from data_kernel.adapters.embedded.refs import branch_rows, branches, databases, reflog
from data_kernel.adapters.embedded.refs.branch_rows import Head
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.tree import Node, Tree
from data_kernel.application.ports import DetachedRequest, Idempotency, MoveRequest, Plan, WriteOutcome, WriteRequest
from data_kernel.domain.commits import Attribution

# So many edits at most are gathered before a commit's roots are stored: reading its state costs as much as making them.
MAX_DISTANCE = 64


class _Made(NamedTuple):
    """What a commit will be, but for its time: where, after which commits, and with which content."""

    database: int
    base: int | None
    parents: tuple[int, ...]
    content: Content
    draft: Draft


def write(session: WriteSession, request: WriteRequest) -> WriteOutcome:
    """Do what the request asks for, in the writer's thread; nothing is kept where it is refused."""
    database = databases.number_in(session, request.database)
    key = None if request.dry_run else request.idempotency
    actor = request.attribution.actor
    return idempotency.once(session, database, actor, key, lambda: _write(session, database, request))


def move(session: WriteSession, request: MoveRequest) -> WriteOutcome:
    """Point a branch at a commit that is there."""
    database = databases.number_in(session, request.database)
    actor, key = request.attribution.actor, request.idempotency
    return idempotency.once(session, database, actor, key, lambda: branches.move(session, database, request))


def answer_of(session: WriteSession, database: str, actor: str, asked: Idempotency) -> WriteOutcome | None:
    """What the write or move with this key was answered, or `None`."""
    return idempotency.recall(session, databases.number_in(session, database), actor, asked)


def _write(session: WriteSession, database: int, request: WriteRequest) -> WriteOutcome:
    branch = branches.find(session, database, request.branch)
    if branch is None and not request.create_branch:
        raise branch_rows.missing(request.branch)
    base, head = (None, None) if branch is None else (branch.head, branch.head_text)
    branches.refuse_stale(head, request.expected_head)
    content = contents.of_commit(session.access, base)
    plan = request.planner(EmbeddedWriterView(session.access, content, head))
    if request.dry_run or not (plan.changes or request.merge_parents):
        return WriteOutcome(plan.ids, head, request.branch, changed=bool(plan.changes))
    merged = tuple(ancestry.position_of(session.access, database, parent) for parent in request.merge_parents)
    parents = merged if base is None else (base, *merged)
    made = _make(session, database, base, parents, content, plan, new_keys=request.redacts)
    branch = branch or branches.begin(session, database, request.branch, request.attribution, None)
    commit = _keep(session, made, request.branch, request.attribution)
    reflog.move(session, branch, request.cause, commit, commit.time_us, request.attribution)
    return WriteOutcome(plan.ids, branch.head_text, request.branch, changed=True)


def write_detached(session: WriteSession, request: DetachedRequest) -> str:
    """Make a commit on no branch."""
    database, access = databases.number_in(session, request.database), session.access
    base = None if request.base is None else ancestry.position_of(access, database, request.base)
    parents = tuple(ancestry.position_of(access, database, parent) for parent in request.parents)
    content = contents.of_commit(access, base)
    plan = Plan((), ())
    if request.planner is not None:
        plan = request.planner(EmbeddedWriterView(access, content, request.base))
    made = _make(session, database, base, parents, content, plan)
    return commit_ids.to_text(_keep(session, made, request.branch, request.attribution).id)


def _make(
    session: WriteSession,
    database: int,
    base: int | None,
    parents: tuple[int, ...],
    content: Content,
    plan: Plan,
    *,
    new_keys: bool = False,
) -> _Made:
    made = draft(session, database, content, plan.changes, new_keys=new_keys)
    return _Made(database, base, parents, content.edited(made.edits), made)


def _keep(session: WriteSession, made: _Made, branch: str, attribution: Attribution) -> Head:
    """Give the commit its time and id and keep it."""
    content, time_us = made.content, session.next_time_us()
    parents = [ancestry.row_at(session.access, parent).id for parent in made.parents]
    roots = (content.instance.root_hash, content.schema.root_hash)
    record = commit_records.encode(time_us, roots, parents, branch, attribution)
    commit, position = commit_ids.of_record(record), session.next_position("commit_record", made.database)
    made.draft.adopt(session)
    delta = None
    if content.distance > MAX_DISTANCE:
        content = store_roots(session, made.database, position, content)
    else:
        delta = deltas.encode(made.draft.edits)
    packed = ancestry.pack_parents(made.parents)
    session.add_commit(CommitRow(position, commit, made.base, packed, record, delta), content)
    return Head(position, commit, time_us)


def store_roots(session: WriteSession, database: int, commit: int, content: Content) -> Content:
    """Store the roots of a commit, and what is not stored of the trees; returns the content as it is from now on."""
    nodes = session.access.memory.nodes

    def append(node: Node, data: bytes) -> int:
        position = session.next_position("node", database)
        nodes.keep(position, node, data)
        return position

    def store(tree: Tree) -> bytes | None:
        return None if tree.is_empty else pack_ref(tree.save(append))

    instance, schema, referrer, scattered = (store(tree) for tree in content[:4])
    session.rows.roots.append((commit, instance, schema, referrer, scattered))
    return content._replace(distance=0)
