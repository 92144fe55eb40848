"""Those who call a kernel within the test's own process, and what they do in most tests."""

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from shared.context import ADMIN_ROLE, CallContext, Caller

ALICE = CallContext(caller=Caller("alice", "oms"), method="RPC", route="/test")
ADMIN = CallContext(caller=Caller("root", "oms", frozenset({ADMIN_ROLE})), method="RPC", route="/test")
NOBODY = CallContext()


async def put(kernel: Kernel, *titles: str, branch: str = "main", **more: object) -> str:
    """Movies of these titles, each with `more`; their commit."""
    movies = [{"@type": "Movie", "title": title, **more} for title in titles]
    options = WriteOptions(branch=branch)
    outcome = await kernel.writes.put("oms", movies, PutMode.UPSERT, options, ALICE, size_bytes=0)
    assert outcome.commit is not None
    return outcome.commit


async def announce_all(kernel: Kernel) -> None:
    """As the relay does, where somebody listens."""
    store = kernel.store
    assert isinstance(store, EmbeddedStore)
    while entries := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in entries])
