"""What a call means by its database, branch and revision."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from data_kernel.application.attribution import require_caller
from data_kernel.application.ports import DocumentStore
from data_kernel.domain.branches import HOME_SERVICE, check_database_name, parse_branch
from data_kernel.domain.databases import Database, Naming, Revision
from data_kernel.domain.tags import is_commit_id, is_tag_name
from shared.context import CallContext
from shared.errors import InvalidInput, NotFound
from shared.grpc.metadata import merge_field

_BEGINS_AS_TIME = re.compile(r"\d{4}-")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")
_TIME_RULE = "a time is RFC 3339 with an offset, such as 2026-01-31T12:00:00Z"


@dataclass(frozen=True, slots=True)
class NamedRevision:
    """A revision as a caller names it: by one of `rev`, `commit`, `tag` and `at`, else the head of `branch`.

    `rev` is a text that may be a commit, a tag or a time. `branch` is full, short or empty for the default.
    """

    branch: str = ""
    rev: str = ""
    commit: str = ""
    tag: str = ""
    at: datetime | None = None


NEWEST = NamedRevision()
"""The head of the default branch."""


class Addresses:
    """Rules on names: which database and branch a call is about, by its request and its context.

    A database's properties are kept; `forget` drops them when they change or it goes.
    """

    def __init__(self, store: DocumentStore, env: str, default_database: str, own_service: str) -> None:
        self._store = store
        self._env = env
        self._default_database = default_database
        self._own_service = own_service
        self._known: dict[str, Database] = {}

    def database_name(self, name: str, context: CallContext) -> str:
        """The name meant: the request's, else the context's, else the default; `Forbidden` for the kernel's own."""
        return check_database_name(merge_field("database", name, context.database) or self._default_database)

    async def database(self, name: str, context: CallContext) -> Database:
        """The database meant; `NotFound`."""
        full_name = self.database_name(name, context)
        known = self._known.get(full_name)
        if known is None:
            known = self._known[full_name] = await self._store.get_database(full_name)
        return known

    def forget(self, name: str) -> None:
        """The database was changed or deleted."""
        self._known.pop(name, None)

    def branch(self, database: Database, name: str, context: CallContext) -> str:
        """Full name of the branch meant: the request's, else the context's, else that of the calling service.

        Request and context may both name one only if it is the same, else `InvalidInput`. A user who calls the kernel
        directly speaks for no service with a branch of its own and means `<env>/oms/main`.
        """
        caller = require_caller(context)
        home = HOME_SERVICE if caller.service == self._own_service else caller.service
        in_request, in_context = (
            parse_branch(text, database.naming, self._env, home) if text else "" for text in (name, context.branch)
        )
        merged = merge_field("branch", in_request, in_context)
        return merged or parse_branch("", database.naming, self._env, home)

    def named_branch(self, database: Database, name: str) -> str:
        """Full name of a branch that a request is about, rather than made on; the context has no say in it."""
        if not name:
            raise InvalidInput("branch: it is empty", field="branch")
        return parse_branch(name, database.naming, self._env)

    def revision(self, database: Database, named: NamedRevision, context: CallContext) -> Revision:
        """The revision meant; `InvalidInput` for a time that is not RFC 3339, `NotFound` for what no tag is named."""
        commit, at, tag = named.commit, named.at, named.tag
        if is_commit_id(named.rev):
            commit = named.rev
        elif _BEGINS_AS_TIME.match(named.rev):
            at = _time(named.rev)
        else:
            tag = named.rev or tag
        if commit:
            return Revision(commit=commit)
        if tag:
            if not is_tag_name(tag):
                raise NotFound("rev: it is neither a commit's id nor a time, and no tag has that name", field="rev")
            return Revision(tag=tag)
        return Revision(branch=self.branch(database, named.branch, context), at=at)

    def revision_or_branch(self, database: Database, named: NamedRevision, context: CallContext) -> Revision:
        """As `revision`, where `rev` may be a branch's name too, which on a `free` database goes before a tag's."""
        text = named.rev
        if not text or is_commit_id(text) or _BEGINS_AS_TIME.match(text):
            return self.revision(database, named, context)
        if database.naming is Naming.PLATFORM and is_tag_name(text):
            return self.revision(database, named, context)
        return Revision(branch=self.named_branch(database, text))


def _time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        blank = " (a blank stands where + was: percent-encode it as %2B)" if " " in text else ""
        raise InvalidInput(f"rev: {_TIME_RULE}{blank}", field="rev")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"rev: there is no such time; {_TIME_RULE}", field="rev") from error


def query_fields(revision: Revision) -> Mapping[str, str]:
    """A revision as texts, for whatever is bound to it (page tokens, fingerprints)."""
    return {
        "branch": revision.branch or "",
        "commit": revision.commit or "",
        "tag": revision.tag or "",
        "at": revision.at.isoformat() if revision.at else "",
    }
