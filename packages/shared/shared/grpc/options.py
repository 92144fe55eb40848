"""Channel arguments of servers and channels; names and defaults are those of gRPC's `channel_arg_names.h`."""

import json
from collections.abc import Mapping, Sequence

from shared.grpc.errors import MAX_DETAILS_BYTES

Options = list[tuple[str, int | str]]

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Larger than the 3 MB of a unary body by what wraps it; documents above travel in parts."""

_KEEPALIVE_MS = 30_000
_KEEPALIVE_TIMEOUT_MS = 10_000
_MIN_PING_INTERVAL_MS = 10_000
_RECONNECT_FIRST_MS = 100
_RECONNECT_MAX_MS = 2_000

IDEMPOTENT_METHODS: Mapping[str, Sequence[str]] = {
    "data_kernel.v1.DocumentService": ("GetDocument", "BatchGetDocuments", "ListDocuments", "ReadDocument"),
    "data_kernel.v1.BranchService": ("ListBranches",),
    "data_kernel.v1.HistoryService": ("GetLog", "GetDocumentHistory", "DiffCommits", "Watch"),
    "data_kernel.v1.VersioningService": ("SimulateMerge", "ListTags", "GetTag"),
    "data_kernel.v1.QueryService": ("ExecuteQuery",),
    "data_kernel.v1.SchemaService": ("GetSchema",),
    "embedding.v1.EmbeddingService": ("Embed", "Similarity", "Search", "ModelInfo"),
    "scheduler.v1.SchedulerService": (
        "GetJob",
        "ListJobs",
        "PreviewFireTimes",
        "ListExecutions",
        "GetExecution",
        "ListWorkers",
    ),
    "data_kernel.DocumentService": ("Get",),
    "data_kernel.QueryService": ("Execute",),
}
"""Reads: gRPC repeats them by itself where a server is away. Of writes only the caller knows whether they may be."""


def server_options(*, metadata_limit_bytes: int) -> Options:
    """Of a server: one process to a port, bounded messages and metadata, keepalive pings permitted."""
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        # Twice the limit for gRPC itself, so that what exceeds it a little gets an answer that names it. Soft and hard
        # limit are equal, for between them gRPC refuses at random.
        ("grpc.max_metadata_size", 2 * metadata_limit_bytes),
        ("grpc.absolute_max_metadata_size", 2 * metadata_limit_bytes),
        ("grpc.keepalive_time_ms", 2 * _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MS),
    ]


def channel_options() -> Options:
    """Of a channel: load spread over all addresses, dead servers noticed, reads repeated, long error details taken."""
    return [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_metadata_size", 2 * MAX_DETAILS_BYTES),
        ("grpc.absolute_max_metadata_size", 2 * MAX_DETAILS_BYTES),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.initial_reconnect_backoff_ms", _RECONNECT_FIRST_MS),
        ("grpc.min_reconnect_backoff_ms", _RECONNECT_MAX_MS),
        ("grpc.max_reconnect_backoff_ms", _RECONNECT_MAX_MS),
        # Peers are reached directly; a proxy that the environment names is for the world outside.
        ("grpc.enable_http_proxy", 0),
        ("grpc.service_config", _service_config()),
    ]


def _service_config() -> str:
    names = [
        {"service": service, "method": method} for service, methods in IDEMPOTENT_METHODS.items() for method in methods
    ]
    retry = {
        "maxAttempts": 4,
        "initialBackoff": "0.05s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps(
        {
            "loadBalancingConfig": [{"round_robin": {}}],
            "methodConfig": [{"name": names, "retryPolicy": retry}],
            "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.5},
        }
    )
