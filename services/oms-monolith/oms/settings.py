"""What the monolith can be told."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import AliasChoices, Field

from shared.flags.flags import FLAG_NAMES
from shared.settings import Port, ServiceSettings
from shared.settings_check import read_settings_file


class OmsSettings(ServiceSettings):
    """Settings of the monolith, over those that every service has."""

    service_name: ClassVar[str] = "oms"

    http_port: Port = 8000
    request_timeout_s: float = Field(10.0, gt=0, le=300)
    """How long one call to the kernel may take in all, its retries included; then the request is answered 504."""
    terminusdb_endpoint: str | None = Field(
        None, validation_alias=AliasChoices("terminusdb_endpoint", "terminus_url"), pattern=r"^https?://"
    )
    """Where the legacy client goes while USE_GATEWAY is off: a TerminusDB; unset, the kernel's `/api`."""

    legacy_search_wait_s: float = Field(8.0, gt=0, le=300)
    """How long a search may wait for the legacy embedding to take in what was committed."""

    legacy_jobs_allow_private: bool = False
    """Whether jobs of the legacy scheduler may send requests to addresses that are not public."""

    @property
    def legacy_url(self) -> str:
        """The address of the legacy client."""
        return self.terminusdb_endpoint or self.data_kernel_http_url


def flag_sources(environ: Mapping[str, str]) -> dict[str, str]:
    """Where each rollout flag of this process was set: `environment`, `settings file` or `default`."""
    in_file, _ = read_settings_file(environ.get("SETTINGS_FILE", ""))
    return {name: _source(name, in_file, environ) for name in FLAG_NAMES}


def _source(name: str, in_file: Mapping[str, str], environ: Mapping[str, str]) -> str:
    # A variable that is set to nothing counts as unset.
    if environ.get(name):
        return "environment"
    return "settings file" if in_file.get(name) else "default"
