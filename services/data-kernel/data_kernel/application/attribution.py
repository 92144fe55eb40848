"""Who writes, why and by which way: what a commit is attributed with."""

import re

from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Naming
from shared.context import CallContext, Caller
from shared.errors import Forbidden, InvalidInput, Unauthenticated
from shared.grpc.metadata import merge_field
from shared.telemetry import current_traceparent

MAX_MESSAGE_BYTES = 4096
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def require_caller(context: CallContext) -> Caller:
    """The verified caller; `Unauthenticated` outside of an authenticated call."""
    if context.caller is None:
        raise Unauthenticated("the call has no verified caller")
    return context.caller


def attribute(context: CallContext, *, author: str, message: str, trace_id: str, naming: Naming) -> Attribution:
    """Attribute a write of this call; the arguments are what the request itself says, empty where it does not.

    On a `platform` database the author is the verified caller, and another one is `Forbidden`; on a `free` one it is
    stored as given. Raises `InvalidInput` for contradictions with the context and for an over-long message.
    """
    caller = require_caller(context)
    asked_author = merge_field("author", author, context.author)
    if naming is Naming.PLATFORM and asked_author not in {"", caller.actor}:
        raise Forbidden("author: it is derived from the caller and may not be another's", field="author")
    return Attribution(
        author=asked_author or caller.actor,
        actor=caller.actor,
        message=_message(merge_field("message", message, context.commit_message), caller, context),
        method=context.method,
        route=context.route,
        service=caller.service,
        trace_id=_trace_id(trace_id, context.trace_id),
        traceparent=current_traceparent(),
    )


def _message(given: str, caller: Caller, context: CallContext) -> str:
    size = len(given.encode("utf-8", "surrogatepass"))
    if size > MAX_MESSAGE_BYTES:
        raise InvalidInput(f"message: {size} bytes are more than {MAX_MESSAGE_BYTES}", field="message")
    return given or f"[{caller.service}] {context.method} {context.route}"


def _trace_id(given: str, of_the_call: str) -> str:
    """The call always has a trace id, made at the edge where none came in: the one that the request names wins."""
    if given and not _TRACE_ID.fullmatch(given):
        raise InvalidInput("trace_id: it is 32 lower-case hexadecimal digits", field="trace_id")
    return given or of_the_call
