import json
import time

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared.errors import Unauthenticated, Unavailable
from shared.security.jwks import JwksKeys
from shared.security.user_tokens import PLATFORM_AUDIENCE, UserTokenVerifier

URL = "https://idp.test/jwks"


class Provider:
    """An identity provider: its keys, and how often it was asked."""

    def __init__(self) -> None:
        self.private = {"rsa-1": rsa.generate_private_key(65537, 2048), "ec-1": ec.generate_private_key(ec.SECP256R1())}
        self.asked = 0
        self.status = 200
        self.extra: list[dict[str, object]] = []

    def answer(self, _: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        keys = [self._entry(name, key) for name, key in self.private.items()]
        return httpx2.Response(self.status, json={"keys": [*keys, *self.extra]})

    def token(self, key_id: str, *, algorithm: str | None = None) -> str:
        claims = {"sub": "alice", "aud": PLATFORM_AUDIENCE, "exp": int(time.time()) + 60}
        algorithm = algorithm or ("RS256" if key_id.startswith("rsa") else "ES256")
        return jwt.encode(claims, self.private[key_id], algorithm=algorithm, headers={"kid": key_id})

    @staticmethod
    def _entry(name: str, key: object) -> dict[str, object]:
        is_rsa = isinstance(key, rsa.RSAPrivateKey)
        kind = jwt.algorithms.RSAAlgorithm if is_rsa else jwt.algorithms.ECAlgorithm
        entry = json.loads(kind.to_jwk(key.public_key()))
        return entry | {"kid": name, "alg": "RS256" if is_rsa else "ES256", "use": "sig"}


@pytest.fixture(scope="module")
def rsa_and_ec() -> Provider:
    return Provider()


@pytest.fixture
def provider(rsa_and_ec) -> Provider:
    fresh = Provider.__new__(Provider)
    fresh.private, fresh.asked, fresh.status, fresh.extra = dict(rsa_and_ec.private), 0, 200, []
    return fresh


@pytest.fixture
def keys(provider) -> JwksKeys:
    return JwksKeys(URL, transport=httpx2.MockTransport(provider.answer))


def fetched(keys: JwksKeys) -> None:
    thread = keys.refresh()
    if thread is not None:
        thread.join(5)


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + seconds)


def test_first_call_is_told_to_come_again_and_then_verifies(provider, keys):
    verifier = UserTokenVerifier(keys)
    with pytest.raises(Unavailable) as caught:
        verifier.verify(provider.token("rsa-1"))
    assert caught.value.retry_after_s == 1
    fetched(keys)
    assert verifier.verify(provider.token("rsa-1")).subject == "alice"
    assert verifier.verify(provider.token("ec-1")).subject == "alice"
    assert provider.asked == 1


def test_a_new_key_is_found_after_a_pause(provider, keys, monkeypatch):
    fetched(keys)
    provider.private["ec-2"] = ec.generate_private_key(ec.SECP256R1())
    verifier = UserTokenVerifier(keys)
    with pytest.raises(Unauthenticated):
        verifier.verify(provider.token("ec-2"))
    assert provider.asked == 1
    later(monkeypatch, 11)
    with pytest.raises((Unavailable, Unauthenticated)):
        verifier.verify(provider.token("ec-2"))
    fetched(keys)
    assert verifier.verify(provider.token("ec-2")).subject == "alice"
    assert provider.asked == 2


def test_known_keys_verify_while_the_provider_is_away_but_not_for_ever(provider, keys, monkeypatch):
    fetched(keys)
    provider.status = 500
    later(monkeypatch, 400)
    assert UserTokenVerifier(keys).verify(provider.token("rsa-1")).subject == "alice"
    fetched(keys)
    later(monkeypatch, 3600)
    with pytest.raises(Unavailable):
        UserTokenVerifier(keys).verify(provider.token("rsa-1"))


def test_algorithm_must_be_the_keys_own(provider, keys):
    fetched(keys)
    claims = {"sub": "alice", "aud": PLATFORM_AUDIENCE, "exp": int(time.time()) + 60}
    for forged in (
        jwt.encode(claims, b"x" * 32, algorithm="HS256", headers={"kid": "rsa-1"}),
        jwt.encode(claims, None, algorithm="none", headers={"kid": "rsa-1"}),
        jwt.encode(claims, provider.private["ec-1"], algorithm="ES256", headers={"kid": "rsa-1"}),
        provider.token("rsa-1", algorithm="RS512"),
    ):
        with pytest.raises(Unauthenticated):
            UserTokenVerifier(keys).verify(forged)


def test_a_symmetric_key_in_the_set_is_not_used(provider, keys):
    secret = b"x" * 32
    provider.extra = [
        {"kty": "oct", "kid": "oct-1", "alg": "HS256", "k": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg"}
    ]
    fetched(keys)
    claims = {"sub": "alice", "aud": PLATFORM_AUDIENCE, "exp": int(time.time()) + 60}
    with pytest.raises(Unauthenticated):
        UserTokenVerifier(keys).verify(jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "oct-1"}))


@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"keys": 1}', '{"keys": [7]}', '{"keys": [{"kty": "?"}]}'])
def test_an_answer_that_is_no_key_set_leaves_the_keys_unknown(body):
    keys = JwksKeys(URL, transport=httpx2.MockTransport(lambda _: httpx2.Response(200, text=body)))
    fetched(keys)
    token = jwt.encode({"sub": "a"}, b"x" * 32, algorithm="HS256", headers={"kid": "1"})
    with pytest.raises((Unavailable, jwt.InvalidTokenError)):
        keys.key_for(token)
