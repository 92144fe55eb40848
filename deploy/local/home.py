"""The folder `.oms/`: made with its keys and tokens, and owned by one launcher at a time."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from processes import SERVICES, Home
from shared.security import issue_user_token, make_service_keys, make_user_token_secret

USERS: Final[Mapping[str, tuple[str, ...]]] = {"alice": (), "admin": ("admin",)}
"""The development users and their roles; each gets a token."""
TOKEN_LIFETIME_S: Final = 30 * 24 * 3600


class AlreadyRunningError(Exception):
    """Another launcher owns the folder."""


@contextmanager
def owned(home: Home) -> Iterator[None]:
    """Own the folder until the block ends. Raises AlreadyRunningError where another live launcher does.

    The lock is the kernel's and goes with the process, so that a launcher that was killed blocks nobody.
    """
    home.path.mkdir(parents=True, exist_ok=True)
    home.path.chmod(0o700)
    descriptor = os.open(home.path / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    pid_file = home.path / "up.pid"
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(
                f"the platform runs already with this data (pid {running_pid(home) or 'unknown'}): "
                "use it, or stop it with `make down`"
            ) from error
        pid_file.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
        pid_file.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def is_owned(home: Home) -> bool:
    """Whether a live launcher owns the folder."""
    try:
        descriptor = os.open(home.path / "up.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def running_pid(home: Home) -> int | None:
    """The pid that the last launcher wrote; it means something only while the folder is owned."""
    try:
        return int((home.path / "up.pid").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def prepare(home: Home) -> None:
    """Make the folder's parts: keys and secret where absent, the development tokens anew."""
    for folder in (home.keys, home.tokens, home.logs, home.traces, home.run):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_service_keys(home.keys, SERVICES)
    secret = make_user_token_secret(home.jwt_secret)
    for user, roles in USERS.items():
        _write_private(home.tokens / user, issue_user_token(secret, user, roles, TOKEN_LIFETIME_S))


def _write_private(path: Path, text: str) -> None:
    """Put text in a file of mode 600, whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
