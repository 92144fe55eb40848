"""Who may look after the store."""

from data_kernel.application.attribution import require_caller
from shared.context import CallContext, Caller
from shared.errors import Forbidden


def require_operator(context: CallContext, what: str) -> Caller:
    """The caller, who has the platform's role for operators; `Forbidden` says that `what` is for admins."""
    caller = require_caller(context)
    if not caller.is_admin:
        raise Forbidden(f"{what} is for admins")
    return caller
