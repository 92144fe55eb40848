"""Who speaks to the store for the monolith."""

from shared import context
from shared.database.interfaces import DocumentDatabase
from shared.errors import Unavailable
from shared.flags.flags import USE_GATEWAY, Flags
from shared.flags.value import Path


class DatabaseProvider:
    """Chooses between the kernel's client and the legacy TerminusDB client, call by call."""

    def __init__(self, flags: Flags, service: DocumentDatabase, legacy: DocumentDatabase) -> None:
        self._flags = flags
        self._by_path = {Path.SERVICE: service, Path.LEGACY: legacy}

    def get_db_client(self) -> DocumentDatabase:
        """The client for the call in progress; a user stays on one path, a call without one follows its trace."""
        call = context.current()
        key = call.caller.subject if call.caller else call.trace_id
        return self._by_path[self._flags.position(USE_GATEWAY, key)]


_installed: list[DatabaseProvider] = []
"""The process's provider. `get_db_client()` is a name that users know, and it takes no argument."""


def install(provider: DatabaseProvider) -> None:
    """Make this the process's provider, for `get_db_client`."""
    _installed[:] = [provider]


def get_db_client() -> DocumentDatabase:
    """The client for the call in progress, from the process's provider; `Unavailable` before one is installed."""
    if not _installed:
        raise Unavailable("no database provider is installed in this process")
    return _installed[0].get_db_client()
