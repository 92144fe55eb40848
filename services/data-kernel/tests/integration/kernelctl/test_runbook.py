"""The runbook's commands, in its order, as an operator's shell runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

RUNBOOK = Path(__file__).parents[5] / "docs/operations/backup-and-restore.md"
STOPPED = "## After the kernel was stopped"


def commands(text):
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def run(command, folder):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, (command, ended.stdout, ended.stderr)
    return ended.stdout


def test_every_command_of_the_runbook_works_in_its_place(own_kernel, tmp_path):
    running, stopped = RUNBOOK.read_text().split(STOPPED)
    for command in commands(running):
        run(command, tmp_path)
    with own_kernel.http() as http:
        lost = {"@type": "Movie", "title": "Dune"}
        assert http.post("/db/oms/doc", params={"branch": "main"}, json=lost).status_code == 201
    assert own_kernel.stop() == 0
    said = [run(command, tmp_path) for command in commands(stopped)]
    assert len(said) == 8
    exported = [(tmp_path / "backups" / name).read_bytes() for name in ("main.jsonl", "monday-main.jsonl")]
    assert exported[0] == exported[1]
    assert b"Brazil" in exported[0]
    assert b"Dune" not in exported[0]
    assert said[-3] == ""  # the imported branch has what main has

    own_kernel.start()
    with own_kernel.http() as http:
        assert http.get("/db/oms/doc/Movie%2FBrazil", params={"branch": "main"}).status_code == 200
        assert http.get("/db/oms/doc/Movie%2FDune", params={"branch": "main"}).status_code == 404
        assert http.get("/db/monday/doc/Movie%2FBrazil", params={"branch": "main"}).status_code == 200
    assert own_kernel.stop() == 0
    assert run("kernelctl --store fresh/store.db export", tmp_path).encode() == exported[0]
