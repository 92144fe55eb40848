"""Names of branches and databases, and which branches take writes."""

import re
from fnmatch import fnmatchcase

from data_kernel.domain.databases import Naming
from shared.errors import Forbidden, InvalidInput, ReadOnlyBranch

ENVIRONMENTS = ("dev", "staging", "prod")
HOME_SERVICE = "oms"
"""The service whose branches the short form `main` means."""
KERNEL_DATABASE = "_kernel"
"""The kernel's own database, closed to every caller."""

_MAX_NAME_BYTES = 200
_MAX_FREE_NAME_BYTES = 1024
_SERVICE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_READ_ONLY = ("*/snapshot-*", "*/archive-*")

_RULE = (
    "A branch is named <env>/<service>/<purpose>: env is dev, staging or prod; service is lower-case letters and "
    "digits joined by '-'; purpose begins with a letter or digit and goes on with letters, digits, '.', '_' and '-'; "
    "200 bytes at most. Short forms are main and svc-<service>."
)


class BranchName(str):
    """The full name of a branch on a database that follows the platform's rules."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str, env: str, default_service: str = HOME_SERVICE) -> "BranchName":
        """Read a full name or a short form, for a kernel that runs in `env`.

        `main` is `<env>/oms/main`, `svc-x` is `<env>/x/main`, the empty text `<env>/<default_service>/main`.
        Errors: `InvalidInput` with the rule.
        """
        full = _expanded(text, env, default_service)
        if len(full) > _MAX_NAME_BYTES or not _is_well_formed(full):
            raise InvalidInput(_RULE, field="branch")
        return cls(full)

    @property
    def env(self) -> str:
        """The environment that the branch belongs to."""
        return self.split("/")[0]

    @property
    def service(self) -> str:
        """The service that owns the branch."""
        return self.split("/")[1]

    @property
    def purpose(self) -> str:
        """What the branch is for."""
        return self.split("/")[2]

    @property
    def is_main(self) -> bool:
        """Whether this is the service's own main branch."""
        return self.purpose == "main"


def _expanded(text: str, env: str, default_service: str) -> str:
    if not text:
        return f"{env}/{default_service}/main"
    if text == "main":
        return f"{env}/{HOME_SERVICE}/main"
    if "/" not in text and text.startswith("svc-"):
        return f"{env}/{text.removeprefix('svc-')}/main"
    return text


def _is_well_formed(full: str) -> bool:
    env, _, rest = full.partition("/")
    service, _, purpose = rest.partition("/")
    return env in ENVIRONMENTS and bool(_SERVICE.fullmatch(service)) and bool(_PURPOSE.fullmatch(purpose))


def parse_branch(text: str, naming: Naming, env: str, default_service: str = HOME_SERVICE) -> str:
    """The name of a branch by the rules of its database; on a `free` one as it is given, `main` where empty."""
    if naming is Naming.FREE:
        return check_free_branch_name(text or "main")
    return BranchName.parse(text, env, default_service)


def check_free_branch_name(text: str) -> str:
    """A name as TerminusDB takes it: one segment, at most 1024 bytes."""
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidInput("A branch name is Unicode text without lone surrogates.", field="branch") from None
    if not text or "/" in text or size_bytes > _MAX_FREE_NAME_BYTES:
        raise InvalidInput(
            f"A branch name here is one segment without /, not empty, of at most {_MAX_FREE_NAME_BYTES} bytes.",
            field="branch",
        )
    return text


def is_read_only(name: str) -> bool:
    """Whether the branch takes no writes because of its name: `*/snapshot-*` and `*/archive-*`."""
    return any(fnmatchcase(name, pattern) for pattern in _READ_ONLY)


def check_writable(name: str, naming: Naming, env: str) -> None:
    """Refuse a write to a branch that is read-only (`ReadOnlyBranch`) or of another environment (`Forbidden`).

    On a `free` database every branch takes writes: its names mean nothing to the platform.
    """
    if naming is Naming.FREE:
        return
    if is_read_only(name):
        raise ReadOnlyBranch("Branches named */snapshot-* and */archive-* take no writes.", field="branch")
    refuse_other_environment(name, env)


def refuse_other_environment(name: str, env: str) -> None:
    """`Forbidden` where a kernel of `env` is to write to a branch of another environment."""
    if name.partition("/")[0] != env:
        raise Forbidden(f"A kernel of {env} writes to branches of {env} only.", field="branch")


def check_database_name(text: str) -> str:
    """The name of a caller's database.

    Errors: `InvalidInput` with the rule; the kernel's own database is `Forbidden`.
    """
    if text == KERNEL_DATABASE:
        raise Forbidden("The kernel's own database is closed to callers.", field="database")
    if not _DATABASE.fullmatch(text):
        raise InvalidInput(
            "A database name begins with a letter or digit and goes on with letters, digits, _ and -, 100 at most.",
            field="database",
        )
    return text
