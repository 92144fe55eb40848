"""supervisord's event listener: writes every change of a process's state as one JSON line to standard error.

supervisord keeps that in a file, which the launcher follows. Needs the standard library alone.
"""

import json
import sys


def main() -> None:
    """Speak supervisord's listener protocol: READY, one event in, RESULT."""
    events, answers = sys.stdin, sys.stdout
    while True:
        answers.write("READY\n")
        answers.flush()
        header_line = events.readline()
        if not header_line:
            return
        headers = _fields(header_line)
        payload = _fields(events.read(int(headers["len"])))
        state = headers["eventname"].removeprefix("PROCESS_STATE_")
        sys.stderr.write(
            json.dumps({"process": payload["processname"], "state": state, "pid": payload.get("pid")}) + "\n"
        )
        sys.stderr.flush()
        answers.write("RESULT 2\nOK")
        answers.flush()


def _fields(line: str) -> dict[str, str]:
    pairs = (field.split(":", 1) for field in line.split())
    return {pair[0]: pair[1] for pair in pairs}


if __name__ == "__main__":
    main()
