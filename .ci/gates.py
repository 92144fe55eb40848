"""The rules of the repository that no tool from outside knows: `gates.py sizes|lock|generated`."""

import filecmp
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
GENERATED: Final = Path("packages/shared/shared/grpc/generated")
MAX_LINES: Final = 500
PUBLIC_ADDRESS: Final = re.compile(r"https://[a-z-]+(\.[a-z-]+)+/[^@]*")
"""Neither a file, a port, credentials nor a number: what is reached from everywhere has a name alone."""


def sizes() -> Iterator[str]:
    """No module has more than 500 lines; generated code does not count."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in listed:
        path = ROOT / name
        if GENERATED in Path(name).parents or not path.exists():
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            yield f"{name} has {lines} lines; at most {MAX_LINES} are allowed: split it by what its parts are about"


def lock() -> Iterator[str]:
    """The lock names one index and one host of files, both public, so that it holds on every machine.

    That the index is uv's own default, `uv lock --check` finds out: it is run without any setting of the machine.
    """
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    registries = set(re.findall(r'registry = "([^"]*)"', text))
    hosts = {url.split("/packages/")[0] + "/" for url in re.findall(r'url = "([^"]*)"', text)}
    for addresses in (registries, hosts):
        if len(addresses) != 1:
            yield f"uv.lock names {', '.join(sorted(addresses))}; one is allowed: lock without UV_* settings"
        for address in addresses:
            if not PUBLIC_ADDRESS.fullmatch(address):
                yield f"uv.lock names {address}, which not every machine reaches: lock without UV_* settings"
    for path in re.findall(r'source = \{ (?:path|directory|git) = "([^"]*)"', text):
        yield f"uv.lock names the source {path}, which is on no index"


def generated() -> Iterator[str]:
    """The committed stubs are what the protos give today."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "generated"
        made = subprocess.run(
            ["make", "--no-print-directory", "-C", "packages/shared", "generate-grpc", f"OUT={fresh}"],
            cwd=ROOT,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode:
            yield f"the stubs cannot be generated:\n{made.stdout}"
            return
        yield from _differences(fresh, ROOT / GENERATED)


def _differences(fresh: Path, committed: Path) -> Iterator[str]:
    names = {
        path.relative_to(folder)
        for folder in (fresh, committed)
        for path in folder.rglob("*.py*")
        if path.is_file() and path.suffix in {".py", ".pyi"}
    }
    for name in sorted(names):
        if not (fresh / name).exists():
            yield f"{GENERATED / name} comes from no proto: run `make generate-grpc`"
        elif not (committed / name).exists() or not filecmp.cmp(fresh / name, committed / name, shallow=False):
            yield f"{GENERATED / name} is not what its proto gives: run `make generate-grpc`"


GATES: Final[dict[str, Callable[[], Iterator[str]]]] = {"sizes": sizes, "lock": lock, "generated": generated}


def main() -> int:
    """Print every breach of the named rule; 1 where there is one."""
    breaches = list(GATES[sys.argv[1]]())
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
