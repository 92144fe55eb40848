import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import Unauthenticated
from shared.security.user_tokens import PLATFORM_AUDIENCE, SharedSecret, UserTokenVerifier, issue_user_token

SECRET = b"a secret of development, 32 bytes at least"


def claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    given = {
        "sub": "alice",
        "iss": "oms-dev",
        "aud": PLATFORM_AUDIENCE,
        "iat": now,
        "exp": now + 60,
        "roles": ["admin"],
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def signed(**changes: object) -> str:
    return jwt.encode(claims(**changes), SECRET, algorithm="HS256")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def verifier() -> UserTokenVerifier:
    return UserTokenVerifier(SharedSecret(SECRET))


def test_issued_token_verifies(verifier):
    user = verifier.verify(issue_user_token(SECRET, "alice", {"admin", "editor"}))
    assert (user.subject, user.roles) == ("alice", {"admin", "editor"})


def test_roles_may_be_absent(verifier):
    assert verifier.verify(signed(roles=None)).roles == frozenset()


def test_clocks_may_differ_by_five_seconds(verifier):
    assert verifier.verify(signed(exp=int(time.time()) - 3)).subject == "alice"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": None}, "MissingRequiredClaim"),
        ({"sub": None}, "MissingRequiredClaim"),
        ({"aud": None}, "MissingRequiredClaim"),
        ({"aud": "another"}, "InvalidAudience"),
        ({"iat": 4_000_000_000}, "ImmatureSignature"),
        ({"nbf": 4_000_000_000}, "ImmatureSignature"),
        ({"exp": "soon"}, "DecodeError"),
        ({"exp": float("inf")}, "does not verify"),
        ({"exp": []}, "does not verify"),
        ({"roles": "admin"}, "roles"),
        ({"roles": [1]}, "roles"),
        ({"roles": ["r"] * 101}, "roles"),
    ],
)
def test_bad_claims_are_refused(verifier, changes, why):
    with pytest.raises(Unauthenticated, match=why):
        verifier.verify(signed(**changes))


@pytest.mark.parametrize(
    "subject",
    ["", "a" * 201, "alice\n", "al\x00ice", "al\u2028ice", "al\u202eice", " alice", "system", 7, ["alice"]],
)
def test_subjects_unfit_for_an_author_are_refused(verifier, subject):
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(sub=subject))


@pytest.mark.parametrize("subject", ["alice@example.org", "Zoë", "a" * 200, "auth0|123"])
def test_other_subjects_are_taken(verifier, subject):
    assert verifier.verify(signed(sub=subject)).subject == subject


def test_issuer_is_checked_if_one_is_set():
    verifier = UserTokenVerifier(SharedSecret(SECRET), issuer="https://idp")
    assert verifier.verify(signed(iss="https://idp")).subject == "alice"
    for issuer in ("oms-dev", None):
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(iss=issuer))


class TestForging:
    def test_without_a_signature(self, verifier):
        for algorithm in ("none", "None", "NONE", "nOnE"):
            token = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims())}."
            with pytest.raises(Unauthenticated):
                verifier.verify(token)

    def test_with_another_secret(self, verifier):
        with pytest.raises(Unauthenticated, match="InvalidSignature"):
            verifier.verify(jwt.encode(claims(), b"another secret that is long enough for it", algorithm="HS256"))

    def test_with_a_stronger_but_unlisted_algorithm(self, verifier):
        long_enough = SECRET * 2
        token = jwt.encode(claims(), long_enough, algorithm="HS512")
        with pytest.raises(Unauthenticated, match="InvalidAlgorithm"):
            UserTokenVerifier(SharedSecret(long_enough)).verify(token)

    def test_claims_changed_under_the_signature(self, verifier):
        header, _, signature = signed().split(".")
        with pytest.raises(Unauthenticated, match="InvalidSignature"):
            verifier.verify(f"{header}.{part(claims(sub='root'))}.{signature}")

    def test_a_remembered_token_does_not_vouch_for_a_changed_one(self, verifier):
        token = signed()
        verifier.verify(token)
        with pytest.raises(Unauthenticated):
            verifier.verify(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))

    def test_public_key_as_a_shared_secret(self):
        private = rsa.generate_private_key(65537, 2048)
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

        class PublicKey:
            @property
            def algorithms(self) -> list[str]:
                return ["RS256", "ES256"]

            def key_for(self, token: str) -> bytes:
                return public

        header = part({"alg": "HS256", "typ": "JWT"})
        signing_input = f"{header}.{part(claims())}"
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            signing_input.encode(), public
        )
        forged = f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        with pytest.raises(Unauthenticated, match="InvalidAlgorithm"):
            UserTokenVerifier(PublicKey()).verify(forged)
        genuine = jwt.encode(claims(), private, algorithm="RS256")
        assert UserTokenVerifier(PublicKey()).verify(genuine).subject == "alice"

    @pytest.mark.parametrize("token", ["x", "a.b.c", "..", "é.é.é", f"{part([])}.{part([])}.x", "[" * 3000, "." * 9000])
    def test_what_is_no_token(self, verifier, token):
        with pytest.raises(Unauthenticated):
            verifier.verify(token)

    def test_deeply_nested_header(self, verifier):
        nested = base64.urlsafe_b64encode(b"[" * 5000).decode()
        with pytest.raises(Unauthenticated):
            verifier.verify(f"{nested}.{nested}.x")


def test_no_error_tells_the_token(verifier):
    token = signed(exp=1)
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token)
    assert token not in caught.value.detail
    assert "alice" not in caught.value.detail


def test_a_remembered_token_ends_with_its_expiry(verifier, monkeypatch):
    token = signed(exp=int(time.time()) + 20)
    verifier.verify(token)
    later = time.time() + 30
    monkeypatch.setattr(time, "time", lambda: later)
    assert verifier._verified.get(token) is None
