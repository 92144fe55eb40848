"""The file of an export: whole, or as it was before."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from data_kernel_testing.exports import export_of, node
from data_kernel_testing.waiting import until

from data_kernel.adapters.embedded.disk.ownership import Ownership

KERNELCTL = Path(sys.executable).parent / "kernelctl"


@pytest.fixture
def store(operator_settings, kernelctl):
    """A store with a node, which no kernel has."""
    kernelctl("import", "--new-database", given=export_of([node(1)]))
    return operator_settings


@pytest.fixture
def silent_kernel(store, monkeypatch):
    """A process has the store, and takes connections on HTTP_PORT without answering."""
    ownership = Ownership(store)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("HTTP_PORT", str(listener.getsockname()[1]))
        yield listener
    ownership.release()


def test_a_file_that_is_there_is_replaced_when_asked_for_alone(store, tmp_path, kernelctl):
    target = tmp_path / "main.jsonl"
    target.write_text("what was there")
    said = kernelctl("export", target, status=1).stderr
    assert said == "kernelctl: TARGET: the file is there already; it is replaced with --force alone\n"
    assert target.read_text() == "what was there"
    kernelctl("export", target, "--force")
    assert target.read_bytes() == kernelctl("export").stdout_bytes
    assert json.loads(target.read_bytes().splitlines()[-1])["end"]["lines"] > 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_link_stays_and_its_file_is_replaced(store, tmp_path, kernelctl):
    (tmp_path / "elsewhere").mkdir()
    linked = tmp_path / "elsewhere" / "main.jsonl"
    linked.write_text("what was there")
    (tmp_path / "main.jsonl").symlink_to(linked)
    kernelctl("export", tmp_path / "main.jsonl", "--force")
    assert (tmp_path / "main.jsonl").is_symlink()
    assert linked.read_bytes() == kernelctl("export").stdout_bytes


def test_a_failing_export_leaves_what_was_there_and_nothing_else(store, tmp_path, kernelctl):
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "main.jsonl"
    assert "there is no database 'none'" in kernelctl("export", target, "--db", "none", status=1).stderr
    assert list(target.parent.iterdir()) == []
    target.write_text("what was there")
    kernelctl("export", target, "--force", "--db", "none", status=1)
    assert target.read_text() == "what was there"
    assert list(target.parent.iterdir()) == [target]


def test_an_export_that_is_broken_off_leaves_what_was_there_and_nothing_else(silent_kernel, tmp_path):
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "main.jsonl"
    target.write_text("what was there")
    process = _started("export", str(target), "--force")
    until(lambda: len(list(target.parent.iterdir())) > 1 or None, "the file that is being written")
    connection, _ = silent_kernel.accept()
    assert _interrupted(process) == (130, b"")
    connection.close()
    assert target.read_text() == "what was there"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("command", ["log", "diff main main", "export", "import"])
def test_an_interrupt_is_status_130_without_a_word(silent_kernel, tmp_path, command):
    given = tmp_path / "given.jsonl"
    given.write_bytes(export_of([node(1)]))
    process = _started(*command.split(), given=given)
    connection, _ = silent_kernel.accept()
    assert _interrupted(process) == (130, b"")
    connection.close()


def test_whoever_reads_may_have_enough(store, monkeypatch, kernelctl):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    many = (node(f"{number:05}") for number in range(5000))  # more than a pipe holds
    kernelctl("import", given=export_of(many))
    process = _started("export", "-")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["graph"] == "schema"
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1
    process.stderr.close()


@pytest.mark.parametrize("command", ["log", "export", "verify"])
def test_whoever_reads_may_want_nothing_at_all(store, monkeypatch, command):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # so that the last words are left until the end
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run([KERNELCTL, command], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_pipe_of_the_shell_is_read_like_a_file(store, tmp_path, kernelctl):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(export_of([node(2)]),))
    writer.start()
    kernelctl("import", pipe)
    writer.join()
    assert b"Node/2" in kernelctl("export").stdout_bytes


def _started(*arguments: str, given: Path | None = None) -> subprocess.Popen[bytes]:
    with (given or Path(os.devnull)).open("rb") as stdin:
        return subprocess.Popen([KERNELCTL, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _interrupted(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said
