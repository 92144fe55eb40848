"""Garbage collection: taking out the commits that nothing needs any more, and the nodes and versions that were theirs.

First the commits go, in the writer, newest first: at every moment each commit that is there has all that it is made
from. Then whatever no remaining commit reaches is looked for beside the writer, and swept. What is written meanwhile
is made from remaining commits and lies at new positions, so that the sweep never meets it. Saved indexes of properties
have their nodes by their rows, which go with their commits; none is saved while nodes are looked for and swept.
"""

from data_kernel.adapters.embedded.collecting.collector import Collector
from data_kernel.adapters.embedded.collecting.leases import Leases

__all__ = ["Collector", "Leases"]
