import base64

import pytest
from pydantic import SecretStr

from shared.errors import Unauthenticated
from shared.security import BasicAccount

ACCOUNT = BasicAccount("admin", SecretStr("pass:word"), "data-kernel")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_account_comes_with_its_password() -> None:
    assert ACCOUNT.authenticate(encoded("admin:pass:word")).actor == "admin@data-kernel"


@pytest.mark.parametrize(
    "credentials",
    [
        *(encoded(text) for text in ("admin:", "admin:pass", "admin:pass:wore", "Admin:pass:word", "admin", "")),
        "admin:pass:word",
        "ü",
        "YWRtaW4",
        "A" * 5000,
    ],
)
def test_nothing_else_does(credentials: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        ACCOUNT.authenticate(credentials)
    assert refused.value.field == "authorization"
    assert "pass:word" not in str(refused.value)
