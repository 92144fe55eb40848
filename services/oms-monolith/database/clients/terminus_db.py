"""Deprecated: `shared.database.clients.terminus`."""

import warnings

from shared.database.clients.terminus import TerminusDBClient

__all__ = ["TerminusDBClient"]

warnings.warn("database.clients.terminus_db is now shared.database.clients.terminus", DeprecationWarning, stacklevel=2)
