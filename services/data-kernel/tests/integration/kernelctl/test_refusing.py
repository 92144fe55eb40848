"""Ordinary mistakes: each is one line that names what is wrong, and a status."""

import socket
from pathlib import Path

import pytest
from data_kernel_testing.exports import export_of, node

from data_kernel.adapters.embedded.disk.ownership import Ownership
from data_kernel.kernelctl.cli import app

COMMANDS = [(each.name or each.callback.__name__).strip("_") for each in app.registered_commands if each.callback]


@pytest.fixture
def store(operator_settings, kernelctl):
    kernelctl("import", "--new-database", given=export_of([node(1)]))
    return operator_settings


@pytest.fixture
def deaf_process(store, monkeypatch):
    """A process has the store and listens to nobody; its port."""
    ownership = Ownership(store)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = str(bound.getsockname()[1])
        for name in ("HTTP_PORT", "GRPC_PORT"):
            monkeypatch.setenv(name, port)
        yield port
    ownership.release()


@pytest.fixture
def odd_files(tmp_path: Path) -> Path:
    """A folder with what is no file of its kind."""
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "folder").mkdir()
    (odd / "empty").touch()
    (odd / "latin").write_bytes(b"caf\xe9\n")
    (odd / "two words").write_text("two words")
    return odd


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("export none/x", "TARGET: no such file or directory"),
        ("export folder", "TARGET: something is there that is not a file; - is standard output"),
        ("export /dev/null --force", "TARGET: something is there that is not a file; - is standard output"),
        ("export empty/x", "TARGET: not a directory"),
        ("import none", "SOURCE: no such file or directory"),
        ("import folder", "SOURCE: is a directory"),
        ("import latin", "line 1: byte 3 is not UTF-8."),
        ("--token-file none log", "--token-file: no such file or directory"),
        ("--token-file folder log", "--token-file: is a directory"),
        ("--token-file latin log", "--token-file: the file has to hold a token and nothing else"),
        ("--token-file empty log", "--token-file: the file has to hold a token and nothing else"),
        ("backup none/x", "the target's folder is not there"),
        ("backup folder", "the target is there already; a backup overwrites nothing"),
        ("restore none", "the backup's manifest is missing"),
        ("--store none verify", "there is no store; STORE_PATH or --store says where it is"),
        ("--store folder log", "there is no store; STORE_PATH or --store says where it is"),
        ("--store folder migrate", "there is no store; STORE_PATH or --store says where it is"),
        ("--store latin log", "the file is not a store of the data-kernel"),
        ("--store latin backup x", "the file is not a store of the data-kernel"),
        ("--store empty/x import --new-database latin", "line 1: byte 3 is not UTF-8."),
        ("log --db none", "there is no database 'none'"),
        ("gc --db none", "there is no database 'none'"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(store, odd_files, monkeypatch, kernelctl, command, told):
    monkeypatch.chdir(odd_files)
    assert kernelctl(*command.split(), status=1).stderr == f"kernelctl: {told}\n"


def test_a_token_of_two_words_is_none(store, odd_files, kernelctl):
    assert "--token-file: " in kernelctl("--token-file", odd_files / "two words", "log", status=1).stderr


def test_a_store_that_is_none_is_told_in_words(store, odd_files, kernelctl):
    said = kernelctl("--store", odd_files / "latin", "verify", status=1).stdout
    assert "it cannot be read: file is not a database" in said


@pytest.mark.parametrize("command", ["log", "diff main main", "export -", "import -"])
def test_what_nobody_answers_names_address_and_setting(deaf_process, kernelctl, command):
    said = kernelctl(*command.split(), given=export_of([node(2)]), status=1).stderr
    address = f"http://127.0.0.1:{deaf_process}"
    assert (
        said == f"kernelctl: a process has the store, and no kernel answers at {address}; "
        "HTTP_PORT or --url says where it is\n"
    )


def test_a_collection_that_nobody_makes_names_address_and_setting(deaf_process, kernelctl):
    said = kernelctl("gc", status=1).stderr
    assert said == (
        f"kernelctl: a process has the store, and no kernel answers at 127.0.0.1:{deaf_process}; "
        "GRPC_PORT says where it is\n"
    )


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_needs_no_settings(monkeypatch, kernelctl, command):
    for name in ("ENV", "DEPLOY_ENV", "SETTINGS_FILE", "JWT_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert "Usage: " in kernelctl(*command.split(), "--help").stdout


def test_settings_are_needed_for_what_a_command_does(monkeypatch, kernelctl):
    monkeypatch.delenv("ENV", raising=False)
    assert "ENV" in kernelctl("log", status=2).stderr
