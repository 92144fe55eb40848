from pathlib import Path

import pytest

from console import Console, Tail


def test_a_tail_gives_whole_lines_from_where_the_file_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of an earlier start\n")
    tail = Tail(log)
    with log.open("a") as file:
        file.write("one\nhal")
        file.flush()
        assert tail.new_lines() == ["one"]
        file.write("f\n")
        file.flush()
        assert tail.new_lines() == ["half"]
    tail.close()


def test_a_tail_follows_a_rotation_without_losing_a_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("")
    tail = Tail(log)
    with log.open("a") as file:
        file.write("before\n")
    log.rename(tmp_path / "log.1")
    log.write_text("after\n")
    assert tail.new_lines() == ["before", "after"]
    tail.close()


def test_a_tail_waits_for_its_file_and_keeps_the_last_twenty_lines(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "log")
    assert tail.new_lines() == []
    (tmp_path / "log").write_bytes(b"\xff odd bytes\n" + b"".join(b"%d\r\n" % number for number in range(30)))
    assert tail.new_lines()[:2] == ["\ufffd odd bytes", "0"]
    assert list(tail.last_lines) == [str(number) for number in range(10, 30)]
    tail.close()


def test_lines_stand_behind_aligned_names_without_colour_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(["oms", "data-kernel"])
    console.line("oms", "text")
    assert capsys.readouterr().out == "oms         | text\n"
