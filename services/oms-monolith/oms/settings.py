"""What the monolith can be told."""

from typing import ClassVar

from pydantic import AliasChoices, Field

from shared.settings import Port, ServiceSettings


class OmsSettings(ServiceSettings):
    """Settings of the monolith, over those that every service has."""

    service_name: ClassVar[str] = "oms"

    http_port: Port = 8000
    request_timeout_s: float = Field(10.0, gt=0, le=300)
    """How long one request may wait for the kernel in all, its retries included."""
    terminusdb_endpoint: str | None = Field(
        None, validation_alias=AliasChoices("terminusdb_endpoint", "terminus_url"), pattern=r"^https?://"
    )
    """Where the legacy client goes while USE_GATEWAY is off: a TerminusDB; unset, the kernel's `/api`."""

    @property
    def legacy_url(self) -> str:
        """The address of the legacy client."""
        return self.terminusdb_endpoint or self.data_kernel_http_url
