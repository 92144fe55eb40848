"""Where TerminusDB is, for a client that is made without being told."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class TerminusSettings(BaseSettings):
    """Address and credentials, also by the names of earlier days."""

    model_config = SettingsConfigDict(extra="ignore")

    url: str = Field(
        "http://data-kernel:8080",
        validation_alias=AliasChoices("TERMINUSDB_ENDPOINT", "TERMINUS_URL", "DATA_KERNEL_HTTP_URL"),
    )
    key: SecretStr | None = Field(None, validation_alias=AliasChoices("TERMINUSDB_PASS", "TERMINUS_KEY"))
    cert_path: Path | None = Field(None, validation_alias=AliasChoices("TERMINUSDB_CLIENT_CERT", "TERMINUS_CERT_PATH"))
