"""Faults in the log and in messages, without anything that could be a document's content: no value, no foreign text."""

from pathlib import PurePath
from traceback import extract_tb

import apsw
import structlog

_logger = structlog.get_logger(__name__)


def report_storage(event: str, error: apsw.Error, **fields: int) -> None:
    """SQLite refused something; its messages name tables and conditions, never values."""
    _logger.error(event, error=type(error).__name__, detail=str(error), **fields)


def report_defect(event: str, error: Exception) -> None:
    """Something broke that should not; the kind and the places in the code are told."""
    frames = extract_tb(error.__traceback__)
    where = " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    _logger.error(event, error=type(error).__name__, where=where)


def words_of(error: Exception) -> str:
    """What the system or SQLite has against a file, for a person and without its path."""
    if isinstance(error, OSError):
        return (error.strerror or "the system refuses it").lower()
    return str(error) if isinstance(error, apsw.Error) else "it has not the form of what should stand there"
