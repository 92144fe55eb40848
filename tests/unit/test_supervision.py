import signal
from dataclasses import fields
from pathlib import Path

import pytest

from processes import Home, Options, Ports, platform_processes
from supervision import StartCounter, StateChange, parse_state, require_tools, write_supervision

PORTS = Ports(**{field.name: number for number, field in enumerate(fields(Ports), start=1)})


def change(state: str, process: str = "redis") -> StateChange:
    return StateChange(process, state, None)


def test_a_process_is_hopeless_when_its_last_allowed_start_has_ended() -> None:
    counter = StartCounter(max_starts=2, window_s=60)
    assert not counter.is_hopeless(change("STARTING"), 0)
    assert not counter.is_hopeless(change("EXITED"), 1)
    assert not counter.is_hopeless(change("STARTING"), 1)
    assert not counter.is_hopeless(change("RUNNING"), 6)
    assert counter.is_hopeless(change("EXITED"), 50)


def test_starts_outside_the_window_and_of_others_do_not_count() -> None:
    counter = StartCounter(max_starts=2, window_s=60)
    counter.is_hopeless(change("STARTING"), 0)
    counter.is_hopeless(change("STARTING", "nats"), 30)
    counter.is_hopeless(change("STARTING"), 61)
    assert not counter.is_hopeless(change("BACKOFF"), 62)


def test_a_state_line_may_have_no_pid() -> None:
    assert parse_state('{"process": "oms", "state": "BACKOFF", "pid": null}') == StateChange("oms", "BACKOFF", None)
    assert parse_state('{"process": "oms", "state": "RUNNING", "pid": "7"}') == StateChange("oms", "RUNNING", 7)


def test_the_configuration_names_no_path_outside_its_folder(tmp_path: Path) -> None:
    home = Home(tmp_path / "50% done; # here")
    home.run.mkdir(parents=True)
    processes = platform_processes(home, PORTS, Options())
    write_supervision(home, processes, max_starts=5)
    configuration = (home.run / "supervisord.conf").read_text()
    assert str(tmp_path) not in configuration
    assert [f"[program:{process.name}]" in configuration for process in processes] == [True] * len(processes)
    assert f'"death_signal": {int(signal.SIGTERM)}' in (home.run / "supervisord.json").read_text()
    assert f'"death_signal": {int(signal.SIGKILL)}' in (home.run / "oms.json").read_text()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    process = platform_processes(Home(tmp_path), PORTS, Options())[0]
    absent = process.__class__(**{**process.__dict__, "argv": (str(tmp_path / "redis-server"),)})
    with pytest.raises(FileNotFoundError, match="redis-server is missing"):
        require_tools([absent])
