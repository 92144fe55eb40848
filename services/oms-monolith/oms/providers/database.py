"""Who speaks to the store for the monolith."""

from shared import context
from shared.database.interfaces import DocumentDatabase
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
