"""What belongs to the call in progress, carried by a context variable from the edge to the store and on to peers.

The servers' interceptor and the ASGI middleware set it, the clients' interceptors and HTTP client forward it. It is
immutable; a change is a new value for the time of a `with` block.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

ADMIN_ROLE = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, verified: the user's `subject` (or `system`) through `service`."""

    subject: str
    service: str
    roles: frozenset[str] = frozenset()

    @property
    def actor(self) -> str:
        """`<sub>@<service>`; the service is what follows the last `@`."""
        return f"{self.subject}@{self.service}"

    @property
    def is_admin(self) -> bool:
        """Whether the caller has the platform's only role of its own."""
        return ADMIN_ROLE in self.roles


@dataclass(frozen=True, slots=True)
class CallContext:
    """One call's attributes; an empty text means that the call did not say.

    `bearer_token` is the user's own token, forwarded unchanged to peers and kept out of every representation.
    `author`, `branch`, `commit_message` and `database` are what the caller asked for, not yet ruled on.
    `method` and `route` name the entry point: `POST` and `/api/v1/objects/{type}`, or `RPC` and
    `/data_kernel.v1.DocumentService/PutDocument`; never an id.
    """

    caller: Caller | None = None
    author: str = ""
    branch: str = ""
    commit_message: str = ""
    database: str = ""
    trace_id: str = ""
    request_id: str = ""
    idempotency_key: str = ""
    method: str = ""
    route: str = ""
    bearer_token: str = field(default="", repr=False)


_current: ContextVar[CallContext] = ContextVar("oms_call_context", default=CallContext())  # noqa: B039 - immutable


def current() -> CallContext:
    """The context of the call in progress; outside of one, an empty context."""
    return _current.get()


@contextmanager
def use(context: CallContext) -> Iterator[CallContext]:
    """Make `context` the current one within the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def enter_route(route: str) -> None:
    """Complete the current context with the route's template, which the router finds only after the edge has begun.

    It holds until the `use` block around the call ends.
    """
    _current.set(replace(current(), route=route))


@contextmanager
def override_branch(branch: str) -> Iterator[CallContext]:
    """Let the calls within the block go to `branch` (`override_branch("dev/embedding/tmp")`)."""
    with use(replace(current(), branch=branch)) as context:
        yield context
