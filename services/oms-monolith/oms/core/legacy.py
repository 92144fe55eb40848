"""Makes the legacy classes, which are imported only then: most processes do without the packages of the extra."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from oms.application.ports import DatabaseForCall, EventPublisher
from oms.settings import OmsSettings
from shared.background import background

if TYPE_CHECKING:
    from oms.core.embeddings.service import VectorEmbeddingService
    from oms.core.scheduler.advanced_scheduler import AdvancedScheduler


def legacy_embedding(settings: OmsSettings, database: DatabaseForCall) -> "VectorEmbeddingService":
    """The legacy search over the objects of `<env>/oms/main`; to be closed."""
    from oms.core.embeddings.providers import MiniLMProvider  # noqa: PLC0415 - as the module says
    from oms.core.embeddings.service import VectorEmbeddingService  # noqa: PLC0415 - likewise

    branch = f"{settings.env}/oms/main"
    return VectorEmbeddingService(MiniLMProvider(), database, branch, wait_s=settings.legacy_search_wait_s)


@asynccontextmanager
async def legacy_scheduler(
    settings: OmsSettings,
    database: DatabaseForCall,
    publisher_for: Callable[[str], EventPublisher],
    fires: Callable[[str], bool],
) -> AsyncIterator["AdvancedScheduler"]:
    """The legacy scheduler at work as long as the block runs."""
    from oms.core.scheduler.advanced_scheduler import AdvancedScheduler  # noqa: PLC0415 - as the module says
    from oms.core.scheduler.job_documents import JobDocuments  # noqa: PLC0415 - likewise
    from oms.core.scheduler.running import Runner  # noqa: PLC0415 - likewise
    from oms.core.scheduler.tasks import Tasks  # noqa: PLC0415 - likewise

    # The source of the scheduler-service's own events, so that one job's event is one, whoever fires it.
    source = f"urn:oms:{settings.env}:scheduler"
    tasks = Tasks(publisher_for, source=source, allow_private=settings.legacy_jobs_allow_private)
    documents = JobDocuments(database, f"{settings.env}/scheduler/main")
    scheduler = AdvancedScheduler(documents, Runner(documents, tasks), fires)
    try:
        async with background("legacy-scheduler", scheduler.run()):
            yield scheduler
    finally:
        await tasks.close()
