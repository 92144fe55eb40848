"""What the kernel can be told from the outside."""

from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, SecretStr, model_validator

from shared.limits import MB
from shared.settings import ServiceSettings

Days = Annotated[float, Field(ge=0, le=36_500)]


class KernelSettings(ServiceSettings):
    """Settings of the data-kernel, beside those that every service has."""

    service_name: ClassVar[str] = "data-kernel"

    http_port: int = Field(8080, ge=0, le=65535)
    grpc_port: int = Field(50051, ge=0, le=65535)
    kernel_default_db: str = Field("oms", pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    """The database of a call that names none; made at the start where it is absent."""
    store_path: Path = Path(".oms/kernel/store.db")
    """The embedded store's file."""
    store_migrates: bool = True
    """Whether the start brings an earlier format to that of this version; else `kernelctl migrate` does it."""
    store_timeout_s: float = Field(30.0, gt=0, le=600)
    """How long one call to the store may take before its caller is answered DEADLINE_EXCEEDED."""
    store_cache_bytes: int = Field(64 * MB, ge=0)
    """Memory for documents that were just read."""
    gc_interval_s: float = Field(6 * 3600.0, ge=0, le=30 * 86_400)
    """How long after its start, and after each collection, the kernel collects garbage; 0: never by itself."""
    gc_unattached_days: Days = 30.0
    """Age up to which a commit is kept that no branch or tag reaches, and one that a branch's log has as a head."""
    gc_horizons_days: dict[str, Days] = Field({"*/scheduler/*": 7.0, "*/embedding/*": 7.0})
    """For patterns of branches, the days of history that they keep; the first match counts, others keep everything."""
    grpc_grace_s: float = Field(5.0, ge=0, le=60)
    """How long calls in progress may take to end when the process stops."""
    api_user: str | None = Field(None, pattern=r"^[^:]+$")
    """The account that may come to `/api` with a password (Basic); `admin` in `dev`, and none elsewhere unless set."""
    api_password: SecretStr | None = None
    """Its password; `root` in `dev`, and none elsewhere unless set."""
    terminusdb_endpoint: str = ""
    """Address of a TerminusDB. Not served yet: the kernel has the embedded store alone."""

    @model_validator(mode="before")
    @classmethod
    def _account_of_dev(cls, given: dict[str, object]) -> dict[str, object]:
        """TerminusDB's own account, so that its clients' first call succeeds; never outside of `dev`."""
        is_dev = "dev" in (given.get("env"), given.get("deploy_env"))
        return {"api_user": "admin", "api_password": "root", **given} if is_dev else given

    @model_validator(mode="after")
    def _account_is_whole(self) -> Self:
        if (self.api_user is None) is not (self.api_password is None):
            raise ValueError("API_USER and API_PASSWORD: set both, or neither")
        return self

    @model_validator(mode="after")
    def _only_the_embedded_store(self) -> Self:
        if self.terminusdb_endpoint:
            raise ValueError("TERMINUSDB_ENDPOINT is set, but this build has no TerminusDB adapter: unset it")
        return self
