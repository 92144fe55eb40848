"""The use cases of the kernel over one store, put together once for both of its edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from data_kernel.application.addressing import Addresses
from data_kernel.application.branches import Branches
from data_kernel.application.databases import Databases
from data_kernel.application.governance.certificates import Certificates
from data_kernel.application.governance.collecting import Collecting, CollectingMetrics, retention_of
from data_kernel.application.governance.redacting import Redactions
from data_kernel.application.history import History
from data_kernel.application.hooks import CommitHookPipeline, HookMetrics, Validator
from data_kernel.application.ports import DocumentStore
from data_kernel.application.reads import Reads
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.state_shapes import StateShapes
from data_kernel.application.versioning.joining import Joining
from data_kernel.application.versioning.merges import Merges
from data_kernel.application.versioning.moves import Moves
from data_kernel.application.versioning.patches import Patches
from data_kernel.application.versioning.replays import Replays
from data_kernel.application.versioning.tags import Tags
from data_kernel.application.writes import Writes
from data_kernel.settings import KernelSettings


class KernelMetrics(HookMetrics, CollectingMetrics, Protocol):
    """All that the use cases count and measure."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """What REST, gRPC and the TerminusDB-compatible surface call."""

    settings: KernelSettings
    store: DocumentStore
    addresses: Addresses
    pipeline: CommitHookPipeline
    databases: Databases
    branches: Branches
    reads: Reads
    writes: Writes
    history: History
    tags: Tags
    moves: Moves
    merges: Merges
    replays: Replays
    patches: Patches
    shapes: StateShapes
    collecting: Collecting
    redactions: Redactions

    @classmethod
    def build(
        cls,
        store: DocumentStore,
        settings: KernelSettings,
        metrics: KernelMetrics,
        validators: Sequence[Validator] = (),
    ) -> Self:
        """Put the use cases together; nothing is read or written yet. Every write passes the `validators` in order."""
        env, default, own, limits = settings.env, settings.kernel_default_db, settings.service_name, settings.limits
        addresses = Addresses(store, env, default, own)
        pipeline = CommitHookPipeline(store, addresses, metrics, env, validators)
        schemas, shapes, moves = SchemaCache(), StateShapes(store), Moves(store, addresses, pipeline)
        merges = Merges(store, moves, Joining(store, shapes), pipeline, schemas)
        retention = retention_of(settings.gc_unattached_days, settings.gc_horizons_days)
        return cls(
            settings=settings,
            store=store,
            addresses=addresses,
            pipeline=pipeline,
            databases=Databases(store, addresses, env, default, own),
            branches=Branches(store, addresses, pipeline, limits),
            reads=Reads(store, addresses, limits),
            writes=Writes(pipeline, addresses, schemas, limits),
            history=History(store, addresses, limits),
            tags=Tags(store, addresses, pipeline),
            moves=moves,
            merges=merges,
            replays=Replays(store, moves, merges, pipeline, schemas),
            patches=Patches(store, addresses, pipeline, schemas, limits),
            shapes=shapes,
            collecting=Collecting(store, addresses, retention, metrics),
            redactions=Redactions(store, addresses, moves, pipeline, schemas, Certificates(store), limits),
        )
