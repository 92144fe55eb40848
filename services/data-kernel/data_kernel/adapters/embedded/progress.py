"""Work that takes its time tells how far it is."""

from collections.abc import Callable

import structlog

OnProgress = Callable[[str, int, int], None]
"""Is told which part of the work is under way, how much of it is done, and how much there is."""

_logger = structlog.get_logger(__name__)
_STEPS = 10


def log_of(event: str) -> OnProgress:
    """Tells the log: each part when it begins, each tenth of it, and when it is done."""
    told = ("", -1)

    def on_progress(what: str, done: int, total: int) -> None:
        nonlocal told
        step = (what, _STEPS * done // max(total, 1))
        if step != told:
            told = step
            _logger.info(event, part=what, done=done, total=total)

    return on_progress
