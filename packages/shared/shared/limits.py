"""The limits of the platform, in one place: settable, shown in OpenAPI, and checked before a body is read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

KB = 1024
MB = 1024 * KB

_Positive = Annotated[int, Field(gt=0)]


class Limits(BaseModel):
    """Bounds on what a caller may send or ask for.

    Sizes are in bytes of what travels (for texts: of their UTF-8), times in seconds. Each is settable as
    `LIMITS__<NAME>`, such as `LIMITS__DOCUMENT_BYTES`. Above a limit the answer is TooLarge or InvalidInput and names
    the limit and the value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_body_bytes: _Positive = Field(64 * MB, description="body of a request, streamed")
    unary_body_bytes: _Positive = Field(3 * MB, description="body of one gRPC message")
    document_bytes: _Positive = Field(32 * MB, description="one document")
    id_bytes: _Positive = Field(1024, description="id of a document")
    branch_bytes: _Positive = Field(200, description="name of a branch")
    free_branch_bytes: _Positive = Field(1024, description="name of a branch of a database with free names")
    label_bytes: _Positive = Field(256, description="a label or an idempotency key")
    message_bytes: _Positive = Field(4 * KB, description="message of a commit")
    depth: _Positive = Field(100, description="nesting of a document")
    documents_per_request: _Positive = Field(10_000, description="documents in one request")
    query_bytes: _Positive = Field(256 * KB, description="text of a query")
    query_time_s: float = Field(30.0, gt=0, description="run time of a query")
    query_memory_bytes: _Positive = Field(256 * MB, description="memory of a query")
    page_size: _Positive = Field(1000, description="entries of one page")
    metadata_bytes: _Positive = Field(8 * KB, description="metadata or headers that the platform reads")
    event_bytes: _Positive = Field(64 * KB, description="one event")

    def as_markdown(self) -> str:
        """A table of every limit with its value, for the description of an API."""
        rows = [
            f"| {name} | {getattr(self, name)} | {info.description} |"
            for name, info in self.__class__.model_fields.items()
        ]
        return "\n".join(["| limit | value | of |", "|---|---|---|", *rows])
