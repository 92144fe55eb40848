"""The files that commands are given: read as they are, and written whole or not at all."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from shared.errors import AlreadyExists, InvalidInput

STANDARD = "-"
"""Stands for standard input or output."""


@contextmanager
def new_file(argument: str, name: str, *, force: bool) -> Iterator[BinaryIO]:
    """A file to be written, readable to its owner alone, that has its name when the block has ended well, and durably.

    Errors: `AlreadyExists` for one that is there, unless `force`; `InvalidInput` for what is no place for a file. Both
    name the argument.
    """
    if name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with _told(argument):
        path = _place_for(argument, Path(name), force=force)
        descriptor, part_name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(part_name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(descriptor)
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def given_file(argument: str, name: str) -> Iterator[BinaryIO]:
    """A file, or standard input, that can be read more than once; what comes by a pipe is kept on the disk meanwhile.

    Errors: `InvalidInput`, which names the argument.
    """
    with _told(argument):
        opened = _opened(name)
    with opened as source:
        if name != STANDARD and source.seekable():
            yield source
            return
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(source, kept)
            kept.seek(0)
            yield kept


def token_in(argument: str, path: Path) -> str:
    """The token that a file has; `InvalidInput`, which names the argument."""
    with _told(argument):
        token = path.read_bytes().strip()
    if not token.isascii() or len(token.split()) != 1:
        raise InvalidInput(f"{argument}: the file has to hold a token and nothing else", field=argument)
    return token.decode()


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if name == STANDARD else Path(name).open("rb")


def _place_for(argument: str, path: Path, *, force: bool) -> Path:
    """The file itself, where links lead to it."""
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise InvalidInput(f"{argument}: something is there that is not a file; - is standard output", field=argument)
    if place.exists() and not force:
        raise AlreadyExists(f"{argument}: the file is there already; it is replaced with --force alone", field=argument)
    return place


@contextmanager
def _told(argument: str) -> Iterator[None]:
    """Tells what the system has against a path, without the path."""
    try:
        yield
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise InvalidInput(f"{argument}: {(reason or 'it is no path').lower()}", field=argument) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
