"""Makes the keys, the secret and the development tokens that the compose file mounts: `make_secrets.py [FOLDER]`.

What is there already stays; the tokens are made anew. The folder is of mode 700, so that on this machine only its owner
gets at what is in it; the files in it can be read by the containers, which run as nobody in particular and are given
single files.
"""

import secrets
import sys
from pathlib import Path
from typing import Final

from home import TOKEN_LIFETIME_S, USERS
from processes import SERVICES
from shared.security import issue_user_token, make_service_keys, make_user_token_secret

FOLDER: Final = Path(__file__).with_name(".secrets")
_READABLE: Final = 0o644
_PASSWORDS: Final = ("grafana.password", "terminusdb.password")
_PASSWORD_BYTES: Final = 24


def make_secrets(folder: Path) -> None:
    """Keys of every service, `jwt.secret`, the passwords of what comes with them, and `tokens/<user>`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    make_service_keys(folder, SERVICES)
    secret = make_user_token_secret(folder / "jwt.secret")
    for name in _PASSWORDS:
        if not (folder / name).exists():
            (folder / name).write_text(secrets.token_urlsafe(_PASSWORD_BYTES), encoding="utf-8")
    tokens = folder / "tokens"
    tokens.mkdir(exist_ok=True)
    for user, roles in USERS.items():
        (tokens / user).write_text(issue_user_token(secret, user, roles, TOKEN_LIFETIME_S), encoding="utf-8")
    (folder / "public").chmod(0o755)
    for path in (*folder.glob("*.*"), *(folder / "public").iterdir()):
        path.chmod(_READABLE)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    make_secrets(chosen)
    print(f"tokens of {' and '.join(USERS)}: {chosen / 'tokens'}")
