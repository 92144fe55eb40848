"""The only thread that changes the file: it makes changes in groups, each group durable by one sync."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import apsw

from data_kernel.adapters.embedded.disk.faults import report_defect, report_storage
from data_kernel.adapters.embedded.threads.session import WriteSession
from shared.errors import Internal, OmsError, Unavailable

GROUP_SIZE = 64
SLICE_S = 0.03
"""How long a slice of upkeep may take, in seconds, so that no write waits long behind it."""
_QUEUE_LIMIT = 10_000
_RETRY_AFTER_S = 1.0

# After these the group's transaction is lost, or cannot be trusted; any other error is that of one change.
_STORAGE_FAULTS = (
    apsw.FullError,
    apsw.IOError,
    apsw.NoMemError,
    apsw.CantOpenError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.ReadOnlyError,
    apsw.InterruptError,
)

_T = TypeVar("_T")


@dataclass(slots=True)
class _Job:
    change: Callable[[WriteSession], Any]
    future: "asyncio.Future[Any]"
    kind: "_Kind"


class _Kind(Enum):
    """What a change needs of the group that it is in."""

    GATHERING = auto()
    """It leaves what it makes in the session."""
    ALONE = auto()
    """It finds in the tables what was made before it."""
    BETWEEN = auto()
    """It is in none."""


@dataclass(slots=True)
class _Answer:
    future: "asyncio.Future[Any]"
    result: Any = None
    error: OmsError | None = None

    def give(self) -> None:
        if self.future.done():  # its caller has gone
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Takes changes from the event loop, in order.

    Each change of a group sees what those before it in the group did; one that raises leaves no trace and fails alone.
    Nobody is answered, and no reader sees anything, before the group is on the disk. `on_movement` is called on the
    event loop with the newest sequence after every group, before the answers.
    """

    def __init__(self, session: WriteSession, on_movement: Callable[[int], None]) -> None:
        self._session = session
        self._on_movement = on_movement
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._held: _Job | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def submit(self, change: Callable[[WriteSession], _T]) -> _T:
        """Make one change that gathers in the session what it makes, as its last step; returns when it is durable.

        Errors: whatever the change raises as `OmsError`, `Internal` for any other exception of it, `Unavailable` where
        the disk refuses, the queue is full or the store is closed.
        """
        return await self._queue_up(change, _Kind.GATHERING)

    async def alone(self, change: Callable[[WriteSession], _T]) -> _T:
        """As `submit`, for a change by statements of its own: they find in the tables all that was made before."""
        return await self._queue_up(change, _Kind.ALONE)

    async def between(self, work: Callable[[WriteSession], _T]) -> _T:
        """Do something between two groups, outside of any transaction."""
        return await self._queue_up(work, _Kind.BETWEEN)

    async def _queue_up(self, change: Callable[[WriteSession], _T], kind: "_Kind") -> _T:
        if self._is_closed:
            raise Unavailable("the store is closed")
        if self._queue.qsize() >= _QUEUE_LIMIT:
            raise Unavailable("too many writes are waiting", retry_after_s=_RETRY_AFTER_S)
        future: asyncio.Future[_T] = self._loop.create_future()
        self._queue.put(_Job(change, future, kind))
        return await future

    async def close(self) -> None:
        """Take no more changes, finish those that were taken, close the connection."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def check(self) -> None:
        """`Unavailable` unless the thread is there to take changes."""
        if self._is_closed or not self._thread.is_alive():
            raise Unavailable("the store's writer has ended")

    def _run(self) -> None:
        session = self._session
        session.access.memory.nodes.bind(session.connection)
        try:
            is_open = True
            while is_open:
                jobs, is_open = self._next_group()
                if jobs:
                    is_between = jobs[0].kind is _Kind.BETWEEN
                    answers = [_outside(session, jobs[0])] if is_between else self._commit_group(session, jobs)
                    self._loop.call_soon_threadsafe(self._give, answers, session.sequence)
                _reclaim_space(session)
        finally:
            session.connection.close()

    def _next_group(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        job = self._held or self._queue.get()
        self._held = None
        while job is not None:
            if job.kind is _Kind.BETWEEN:
                if not jobs:
                    return [job], True
                self._held = job
                return jobs, True
            if not job.future.cancelled():
                jobs.append(job)
            if len(jobs) == GROUP_SIZE:
                return jobs, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _give(self, answers: list[_Answer], sequence: int) -> None:
        self._on_movement(sequence)
        for answer in answers:
            answer.give()

    def _commit_group(self, session: WriteSession, jobs: list[_Job]) -> list[_Answer]:
        answers: list[_Answer] = []
        try:
            session.connection.execute("BEGIN IMMEDIATE")
            answers.extend(_attempt(session, job) for job in jobs)
            session.save()
            session.connection.execute("COMMIT")
        except apsw.Error as error:
            report_storage("store_group_failed", error, changes=len(jobs))
            _abandon(session)
            return [_refused(job, answer, error) for job, answer in _pair(jobs, answers)]
        session.published()
        return answers


def _outside(session: WriteSession, job: _Job) -> _Answer:
    try:
        return _Answer(job.future, result=job.change(session))
    except OmsError as error:
        return _Answer(job.future, error=error)
    except apsw.Error as error:
        report_storage("store_upkeep_failed", error)
        return _refused(job, None, error)


def _attempt(session: WriteSession, job: _Job) -> _Answer:
    if job.kind is _Kind.ALONE:
        session.flush()
        session.connection.execute("SAVEPOINT change")
    try:
        answer = _Answer(job.future, result=job.change(session))
    except _STORAGE_FAULTS:
        raise
    except OmsError as error:
        answer = _Answer(job.future, error=error)
    except Exception as error:  # noqa: BLE001 - whatever a planner meets is its caller's alone, and is told
        report_defect("store_change_failed", error)
        answer = _Answer(job.future, error=Internal("the change failed in the store"))
    if job.kind is _Kind.ALONE:
        if answer.error is not None:
            session.connection.execute("ROLLBACK TO change")
        session.connection.execute("RELEASE change")
    return answer


def _pair(jobs: list[_Job], answers: list[_Answer]) -> list[tuple[_Job, _Answer | None]]:
    return list(zip(jobs, [*answers, *([None] * (len(jobs) - len(answers)))], strict=True))


def _refused(job: _Job, answer: _Answer | None, error: apsw.Error) -> _Answer:
    # A change that was refused for a reason of its own keeps it: the same would be said when the disk is well again.
    if answer is not None and answer.error is not None:
        return answer
    what = "is full" if isinstance(error, apsw.FullError) else "did not take the write"
    return _Answer(job.future, error=Unavailable(f"the store's disk {what}", retry_after_s=_RETRY_AFTER_S))


def _abandon(session: WriteSession) -> None:
    session.forget()
    try:
        if session.connection.in_transaction:  # SQLite has rolled back by itself after some of these errors
            session.connection.execute("ROLLBACK")
    except apsw.Error as error:
        # The next group cannot begin then, is refused as well, and tries the same again.
        report_storage("store_rollback_failed", error)


def _reclaim_space(session: WriteSession) -> None:
    if not session.reclaims_space:
        return
    session.reclaims_space = False
    try:
        for _ in session.connection.execute("PRAGMA incremental_vacuum"):
            pass  # each step frees one page
        session.connection.pragma("wal_checkpoint", "TRUNCATE")
    except apsw.Error as error:
        # The space stays in the file for new rows; the next deletion tries again.
        report_storage("store_space_not_reclaimed", error)
