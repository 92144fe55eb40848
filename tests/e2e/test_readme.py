"""The README's first session, run as it is printed."""

import re
import subprocess
from pathlib import Path

from support.platform import Platform

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
COMMIT = re.compile(r"\b[0-9a-z]{31}\b")
OF_THE_MOMENT = [
    (re.compile(r"\b[0-9a-f]{32}\b"), "<trace>"),
    (COMMIT, "<commit>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z"), "<time>"),
    (re.compile(r'("next_page_token":)"[^"]+"'), r'\1"<token>"'),
]


def steps() -> list[tuple[str, str]]:
    """Each command of the session with the output that stands below it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    entries = re.split(r"^\$ ", "".join(BLOCK.findall(text)), flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (entry.partition("\n") for entry in entries)]


def settled(text: str) -> str:
    """The output without what differs at each run."""
    for pattern, name in OF_THE_MOMENT:
        text = pattern.sub(name, text)
    return text.strip()


def replaced(text: str, by: dict[str, str]) -> str:
    for old, new in by.items():
        text = text.replace(old, new)
    return text


def test_the_session_does_what_it_says(platform: Platform) -> None:
    here = {
        "localhost:8000": platform.oms_url.removeprefix("http://"),
        "localhost:8080": platform.kernel_url.removeprefix("http://"),
        ".oms/": f"{platform.home.path}/",
        "subscribe.py": f"subscribe.py --gateway {platform.gateway_grpc} --token {platform.home.tokens}/alice",
    }
    variables, commits = "", dict[str, str]()
    for printed, expected in steps():
        command = replaced(printed, here | commits)
        if re.match(r"[A-Z]+=", command):
            variables += command + "\n"
            continue
        done = subprocess.run(
            ["bash", "-c", variables + command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert settled(done.stdout) == settled(expected)
        commits |= dict(zip(COMMIT.findall(expected), COMMIT.findall(done.stdout), strict=True))
