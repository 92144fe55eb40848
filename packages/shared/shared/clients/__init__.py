"""Clients of the platform's services, each over gRPC or HTTP behind one interface.

Names are looked up when they are first used: the event gateway's client needs the extra `events`, the others do not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.clients.embedding import EmbeddingClient
    from shared.clients.embedding_values import Embeddings, ModelCard, Neighbour, Neighbours
    from shared.clients.event_gateway import EventGatewayClient, Published, Via
    from shared.clients.event_subscription import Delivery, StartFrom, Subscribe
    from shared.clients.scheduler import SchedulerClient
    from shared.clients.scheduler_answers import ExecutionInfo, ExecutionState, JobInfo, WorkerInfo
    from shared.clients.terminus_gateway import TerminusGatewayClient

__all__ = [
    "Delivery",
    "EmbeddingClient",
    "Embeddings",
    "EventGatewayClient",
    "ExecutionInfo",
    "ExecutionState",
    "JobInfo",
    "ModelCard",
    "Neighbour",
    "Neighbours",
    "Published",
    "SchedulerClient",
    "StartFrom",
    "Subscribe",
    "TerminusGatewayClient",
    "Via",
    "WorkerInfo",
]

_HOMES = {
    "EmbeddingClient": "embedding",
    "Embeddings": "embedding_values",
    "ModelCard": "embedding_values",
    "Neighbour": "embedding_values",
    "Neighbours": "embedding_values",
    "EventGatewayClient": "event_gateway",
    "Published": "event_gateway",
    "Via": "event_gateway",
    "Delivery": "event_subscription",
    "StartFrom": "event_subscription",
    "Subscribe": "event_subscription",
    "ExecutionInfo": "scheduler_answers",
    "ExecutionState": "scheduler_answers",
    "JobInfo": "scheduler_answers",
    "SchedulerClient": "scheduler",
    "WorkerInfo": "scheduler_answers",
    "TerminusGatewayClient": "terminus_gateway",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
