"""The account of TerminusDB's clients: a default in `dev`, and none elsewhere."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from data_kernel.settings import KernelSettings
from shared.security import make_service_keys, make_user_token_secret
from shared.settings import SettingsError, read


def in_dev(folder: Path, **given: str) -> KernelSettings:
    make_user_token_secret(folder / "jwt.secret")
    return read(KernelSettings, {"ENV": "dev", "JWT_SECRET_FILE": str(folder / "jwt.secret"), **given})


def in_production(folder: Path, **given: str) -> KernelSettings:
    make_service_keys(folder, ["data-kernel"])
    environ = {
        "ENV": "prod",
        "JWKS_URL": "https://idp.test/jwks",
        "SERVICE_PUBLIC_KEYS": str(folder / "public"),
        "SERVICE_KEY_FILE": str(folder / "data-kernel.key.pem"),
    }
    return read(KernelSettings, {**environ, **given})


def test_dev_has_the_account_that_every_terminusdb_begins_with(tmp_path: Path) -> None:
    settings = in_dev(tmp_path)
    assert (settings.api_user, settings.api_password) == ("admin", SecretStr("root"))
    other = in_dev(tmp_path, API_USER="carol", API_PASSWORD="another")
    assert (other.api_user, other.api_password) == ("carol", SecretStr("another"))


def test_production_has_none_unless_both_are_set(tmp_path: Path) -> None:
    settings = in_production(tmp_path)
    assert (settings.api_user, settings.api_password) == (None, None)
    assert in_production(tmp_path, API_USER="carol", API_PASSWORD="another").api_user == "carol"
    with pytest.raises(SettingsError, match="API_USER and API_PASSWORD"):
        in_production(tmp_path, API_USER="carol")
