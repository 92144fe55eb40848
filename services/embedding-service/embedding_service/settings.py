"""What the embedding service can be told, beside what every service can."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, DirectoryPath, Field

from shared.settings import Port, ServiceSettings

Provider = Literal["openvino", "sentence-transformers"]


class BatchSettings(BaseModel):
    """How requests share the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_texts: int = Field(32, ge=1, le=1024)
    """Texts in one batch; above 32 there is little to win on a CPU."""
    max_tokens: int = Field(2048, ge=1, le=1_000_000)
    """Tokens in one batch, padding included; a batch of one text may have more."""
    max_queued: int = Field(8192, ge=1, le=1_000_000)
    """Texts that may wait; above it callers are answered 429."""


class CacheSettings(BaseModel):
    """How vectors of texts are kept for the next time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    local_vectors: int = Field(10_000, ge=0, le=10_000_000)
    """In the process, 1.5 KB each."""
    ttl_s: float = Field(7 * 24 * 3600.0, ge=1)
    """In Redis."""


class EmbeddingSettings(ServiceSettings):
    """Settings of the embedding-service."""

    service_name: ClassVar[str] = "embedding"

    http_port: Port = 8001
    grpc_port: Port = 50055
    redis_url: str = "redis://redis:6379/5"
    """Database 5 is the service's own."""
    provider: Provider = "openvino"
    """What runs the model; `sentence-transformers` needs the extra `torch`."""
    model_path: DirectoryPath | None = None
    """Folder of a model in the layout of sentence-transformers; by default the one that comes with the service."""
    inference_threads: int = Field(0, ge=0, le=1024)
    """Threads of one inference; 0: as many as there are cores."""
    batch: BatchSettings = BatchSettings()
    cache: CacheSettings = CacheSettings()
    max_texts: int = Field(2048, ge=500, le=100_000)
    """Texts in one request."""
    max_text_bytes: int = Field(256 * 1024, ge=40_000, le=3 * 1024 * 1024)
    """Bytes of one text (UTF-8)."""
    objects_database: str = Field("oms", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")
    """The kernel's database whose objects are followed, and in which the vectors are kept."""
    grpc_grace_s: float = Field(5.0, ge=0, le=300)
    """How long gRPC calls in progress may take to end when the process stops."""

    @property
    def objects_branch(self) -> str:
        """The branch that is followed."""
        return f"{self.env}/oms/main"

    @property
    def own_branch(self) -> str:
        """The branch that the vectors are kept on."""
        return f"{self.env}/{self.service_name}/main"
