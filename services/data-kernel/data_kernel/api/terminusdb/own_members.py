"""What the platform says beyond TerminusDB's answers: to its own services alone, which prove themselves.

TerminusDB's clients get TerminusDB's answers, member by member; the platform's services read more from the same routes.
"""

from collections.abc import Mapping

from data_kernel.settings import KernelSettings
from shared.canonical import Json
from shared.context import current


def own_members(members: Mapping[str, Json]) -> dict[str, Json]:
    """The members as `oms:…` for a caller that comes through a service of the platform; none for others."""
    caller = current().caller
    if caller is None or caller.service == KernelSettings.service_name:
        return {}
    return {f"oms:{name}": value for name, value in members.items()}
