"""The names of span attributes and metrics, each once; what is not listed here is not exported."""

# Semantic conventions of OpenTelemetry 1.45 (https://opentelemetry.io/docs/specs/semconv/).
RPC_SYSTEM = "rpc.system.name"
RPC_METHOD = "rpc.method"
RPC_STATUS_CODE = "rpc.response.status_code"
ERROR_TYPE = "error.type"
HTTP_REQUEST_METHOD = "http.request.method"
HTTP_RESPONSE_STATUS_CODE = "http.response.status_code"
HTTP_ROUTE = "http.route"
NETWORK_PROTOCOL_VERSION = "network.protocol.version"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
URL_SCHEME = "url.scheme"
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_OPERATION_NAME = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
MESSAGING_DESTINATION_NAME = "messaging.destination.name"
MESSAGING_BATCH_MESSAGE_COUNT = "messaging.batch.message_count"
DB_SYSTEM_NAME = "db.system.name"
DB_NAMESPACE = "db.namespace"
DB_OPERATION_NAME = "db.operation.name"
FEATURE_FLAG_KEY = "feature_flag.key"
FEATURE_FLAG_VARIANT = "feature_flag.result.variant"

# The platform's own. None holds a person's name, a document's id or content.
OMS_BRANCH = "oms.branch"
OMS_COMMIT = "oms.commit"
OMS_DATABASE = "oms.database"
OMS_DOCUMENT_TYPE = "oms.document.type"
OMS_DOCUMENT_COUNT = "oms.document.count"
OMS_ERROR_REASON = "oms.error.reason"
OMS_EVENT_TYPE = "oms.event.type"
OMS_RESULT = "oms.result"

SPAN_ATTRIBUTES: frozenset[str] = frozenset(
    {
        RPC_SYSTEM,
        RPC_METHOD,
        RPC_STATUS_CODE,
        ERROR_TYPE,
        HTTP_REQUEST_METHOD,
        HTTP_RESPONSE_STATUS_CODE,
        HTTP_ROUTE,
        NETWORK_PROTOCOL_VERSION,
        SERVER_ADDRESS,
        SERVER_PORT,
        URL_SCHEME,
        MESSAGING_SYSTEM,
        MESSAGING_OPERATION_NAME,
        MESSAGING_OPERATION_TYPE,
        MESSAGING_DESTINATION_NAME,
        MESSAGING_BATCH_MESSAGE_COUNT,
        DB_SYSTEM_NAME,
        DB_NAMESPACE,
        DB_OPERATION_NAME,
        FEATURE_FLAG_KEY,
        FEATURE_FLAG_VARIANT,
        OMS_BRANCH,
        OMS_COMMIT,
        OMS_DATABASE,
        OMS_DOCUMENT_TYPE,
        OMS_DOCUMENT_COUNT,
        OMS_ERROR_REASON,
        OMS_EVENT_TYPE,
        OMS_RESULT,
    }
)
"""The allow-list of the export filter: any other attribute is dropped before a span leaves the process."""

RPC_SERVER_DURATION = "rpc_server_duration_seconds"
RPC_SERVER_IN_FLIGHT = "rpc_server_in_flight"
RPC_CLIENT_DURATION = "rpc_client_duration_seconds"
RPC_CLIENT_IN_FLIGHT = "rpc_client_in_flight"
HTTP_SERVER_DURATION = "http_server_duration_seconds"
HTTP_SERVER_IN_FLIGHT = "http_server_in_flight"
CIRCUIT_STATE = "resilience_circuit_state"
RETRIES = "resilience_retries"
FALLBACKS = "resilience_fallbacks"
STORE_DURATION = "kernel_store_duration_seconds"
VALIDATOR_DURATION = "kernel_validator_duration_seconds"
STORE_SCANS_IN_PROGRESS = "kernel_store_scans_in_progress"
STORE_ROWS_SCANNED = "kernel_store_rows_scanned"
STORE_INDEX_SAVES = "kernel_store_index_saves"
COLLECTED_COMMITS = "kernel_collected_commits"
COLLECTED_BYTES = "kernel_collected_bytes"
