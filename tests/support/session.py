"""The README's first session as commands with the output that stands below each."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_COMMIT = re.compile(r"\b[0-9a-z]{31}\b")
_OF_THE_MOMENT = [
    (re.compile(r"\b[0-9a-f]{32}\b"), "<trace>"),
    (_COMMIT, "<commit>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z"), "<time>"),
    (re.compile(r'("next_page_token":)"[^"]+"'), r'\1"<token>"'),
]


def run_session(here: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Run each command with the names of `here` replaced; gives it, its printed and its real output, both settled.

    Raises AssertionError where a command fails.
    """
    variables, commits = "", dict[str, str]()
    for printed, expected in _steps():
        command = _replaced(printed, {**here, **commits})
        if re.match(r"[A-Z]+=", command):
            variables += command + "\n"
            continue
        done = subprocess.run(
            ["bash", "-c", variables + command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        yield printed, _settled(expected), _settled(done.stdout)
        commits |= dict(zip(_COMMIT.findall(expected), _COMMIT.findall(done.stdout), strict=True))


def _steps() -> list[tuple[str, str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    entries = re.split(r"^\$ ", "".join(_BLOCK.findall(text)), flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (entry.partition("\n") for entry in entries)]


def _settled(text: str) -> str:
    """The output without what differs at each run."""
    for pattern, name in _OF_THE_MOMENT:
        text = pattern.sub(name, text)
    return text.strip()


def _replaced(text: str, by: Mapping[str, str]) -> str:
    for old, new in by.items():
        text = text.replace(old, new)
    return text
