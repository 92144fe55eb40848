"""The persistent map: ordered, history-independent, structurally shared.

A B-tree whose nodes end where the keys say so (`heights`), so that the same entries give the same tree in whatever
order they were written (compare the prolly trees of Noms and Dolt, and Merkle search trees, Auvolat & Taïani, 2019).
`nodes` has the nodes and their bytes, `tree` the map, `editing` what a change makes of the nodes, `walking` listings
and differences.
"""

from data_kernel.adapters.embedded.tree.nodes import Leaf, Node, NodeSource
from data_kernel.adapters.embedded.tree.tree import Ref, Tree

__all__ = ["Leaf", "Node", "NodeSource", "Ref", "Tree"]
