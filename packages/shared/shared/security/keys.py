"""The files that hold secrets and keys: reading them, and making those of a platform on one machine."""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_PRIVATE = 0o600
_FOLDER = 0o700
_SECRET_BYTES = 48
_MIN_SECRET_BYTES = 32
_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,62}")


def make_service_keys(folder: Path, services: Iterable[str]) -> None:
    """An ES256 key pair for each service, where absent.

    Writes `<folder>/<service>.key.pem` (mode 600) and `<folder>/public/<service>.pem`, the folder that
    `SERVICE_PUBLIC_KEYS` names.
    """
    public = folder / "public"
    public.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    for service in services:
        private_file, public_file = folder / f"{service}.key.pem", public / f"{service}.pem"
        if private_file.exists() and public_file.exists():
            continue
        key = generate_private_key(SECP256R1())
        private_file.unlink(missing_ok=True)
        _write(private_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public_file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def make_user_token_secret(path: Path) -> bytes:
    """The secret for user tokens of development in that file (mode 600), made where absent."""
    if not path.exists():
        path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        _write(path, secrets.token_urlsafe(_SECRET_BYTES).encode())
    return read_secret(path)


def read_secret(path: Path) -> bytes:
    """What the file holds, without white space around it: a secret written with an editor ends in a line break.

    Raises `ValueError` if that is too short for HS256, whose key must be as long as its hash.
    """
    secret = path.read_bytes().strip()
    if len(secret) < _MIN_SECRET_BYTES:
        raise ValueError(f"the secret has {len(secret)} bytes, at least {_MIN_SECRET_BYTES} are needed")
    return secret


def read_private_key(path: Path) -> EllipticCurvePrivateKey:
    """The service's own key, PEM without a password; raises `ValueError` if the file holds none on P-256."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise ValueError("no private key in PEM without a password") from None
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError("not an elliptic-curve key on P-256")


def read_public_keys(folder: Path) -> dict[str, EllipticCurvePublicKey]:
    """The peers' keys, `<service>.pem`, by service; raises `ValueError` naming the file that is unfit."""
    if not folder.is_dir():
        raise ValueError("no such folder")
    return {path.stem: _public_key(path) for path in sorted(folder.glob("*.pem"))}


def _public_key(path: Path) -> EllipticCurvePublicKey:
    if not _SERVICE.fullmatch(path.stem):
        raise ValueError(f"{path.name} is not named after a service")
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path.name} holds no public key in PEM") from None
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError(f"{path.name} holds no elliptic-curve key on P-256")


def _write(path: Path, content: bytes) -> None:
    """Creates the file unreadable for others from its first moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
