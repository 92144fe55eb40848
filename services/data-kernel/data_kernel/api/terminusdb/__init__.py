"""TerminusDB's HTTP interface over the same use cases, for clients that speak it already.

What it offers is answered as TerminusDB 12 answers; beside that stand headers of the platform's own, `X-Oms-…`, and for
its services members of its own, `oms:…`. The organisation is `admin`, and there is no other.
"""

from data_kernel.api.terminusdb.refusing.envelope import render_error
from data_kernel.api.terminusdb.routers import OPEN_PATHS, PREFIX, router

__all__ = ["OPEN_PATHS", "PREFIX", "render_error", "router"]
