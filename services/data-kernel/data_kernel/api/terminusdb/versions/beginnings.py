"""How a branch without an origin begins: with a commit that gives its schema graph the context."""

from collections.abc import Mapping
from dataclasses import replace

from data_kernel.api.terminusdb.iris import is_iri, is_prefix_name
from data_kernel.api.terminusdb.refusing.refusals import Refusal, bad_parameter
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.put_mode import PutMode
from data_kernel.domain.commits import Commit
from data_kernel.domain.databases import DEFAULT_PREFIXES
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json
from shared.context import CallContext
from shared.errors import InvalidInput, OmsError

_AUTHOR, _MESSAGE = "system", "create initial schema"
_ROUTES = ("/api/db/", "/api/branch/")


async def begin_branch(
    kernel: Kernel, database: str, name: str, prefixes: Mapping[str, str], context: CallContext
) -> str:
    """Make a branch with its first commit and answer its full name; nothing is left where that commit is refused."""
    made = await kernel.branches.create(database, name, None, context)
    options = WriteOptions(branch=name, author=_AUTHOR, message=_MESSAGE)
    # What the request's headers say is about writes to come.
    unsaid = replace(context, author="", branch="", commit_message="", idempotency_key="")
    first: dict[str, Json] = {"@type": CONTEXT_ID, **prefixes}
    try:
        await kernel.writes.put_schema(database, [first], PutMode.UPSERT, options, unsaid)
    except OmsError:
        await kernel.branches.delete(database, name, context)
        raise
    return made.name


def given_prefixes(value: Json) -> dict[str, str]:
    """The prefixes that a request gives to what it makes; `Refusal` for what is none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_parameter("prefixes", "object", None)
    prefixes: dict[str, str] = {}
    for name, uri in value.items():
        if not isinstance(uri, str) or not is_iri(uri) or not (name in DEFAULT_PREFIXES or is_prefix_name(name)):
            members: dict[str, Json] = {"api:prefix_name": name, "api:prefix_value": uri}
            cause = InvalidInput("prefixes: each is a name with an IRI", field="prefixes")
            raise Refusal(cause, kind="api:InvalidPrefix", members=members)
        prefixes[name] = uri
    return prefixes


def is_beginning(commit: Commit) -> bool:
    """Whether this is the first commit of a branch, made with it: logs leave it out where others follow."""
    return not commit.parents and commit.author == _AUTHOR and commit.route.startswith(_ROUTES)
