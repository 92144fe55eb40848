"""Imports of many objects, line by line, with progress."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

from oms.application.batch_writing import BatchWriting, refusals_of
from oms.application.object_types import ObjectTypes
from oms.application.ports import DatabaseForCall
from oms.domain.import_lines import Line, Refusal, read_line
from oms.domain.object_types import ObjectType
from shared.canonical import Json
from shared.database.interfaces import WriteOptions, WriteResult
from shared.errors import InvalidInput, OmsError, TooLarge, ValidationFailed
from shared.limits import MB, Limits

BATCH_OBJECTS = 1000
BATCH_BYTES = int(2.5 * MB)
"""With what the canonical form adds, a batch stays below what one message may hold."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: `line` lines are read, those left out included; `commit` is the last one made."""

    line: int
    written: int
    failed: int
    commit: str
    branch: str
    done: bool = False
    error: OmsError | None = None
    """What ended the import early; all up to `line` is dealt with, so that it can go on with `skip=line`."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`skip` lines are left out, for they are dealt with; `atomic` writes everything as one commit or nothing."""

    skip: int = 0
    atomic: bool = False


class BulkImport:
    """Creates or replaces objects of one type from lines of JSON."""

    def __init__(self, database: DatabaseForCall, object_types: ObjectTypes, limits: Limits) -> None:
        self._database = database
        self._object_types = object_types
        self._limits = limits

    async def run(
        self, type_name: str, lines: AsyncIterator[bytes], asked: ImportOptions, options: WriteOptions
    ) -> AsyncGenerator[Refusal | Progress, None]:
        """Refused lines and, after each commit, the progress; the last one is `done` or has an `error`.

        NotFound where there is no such type, and whatever else keeps the first line from being read.
        """
        object_type = await self._object_types.get(type_name, {"branch": options.get("branch")})
        if options.get("dry_run") and not asked.atomic:
            raise InvalidInput("a dry run is for atomic imports: later lines may need earlier ones", field="dryRun")
        run = _Run(object_type, self._database, self._limits, asked, options)
        steps = run.atomically(lines) if asked.atomic else run.in_batches(lines)
        try:
            async for step in steps:
                yield step
        except OmsError as error:
            yield run.progress(error=error)


class _Run:
    def __init__(
        self,
        object_type: ObjectType,
        database: DatabaseForCall,
        limits: Limits,
        asked: ImportOptions,
        options: WriteOptions,
    ) -> None:
        self._object_type = object_type
        self._database = database
        self._limits = limits
        self._asked = asked
        self._options = options
        self._batch: list[Line] = []
        self._ids: set[str] = set()
        self._bytes = 0
        self._read = 0
        self._settled = 0
        self._written = 0
        self._failed = 0
        self._last: WriteResult | None = None

    def progress(self, *, done: bool = False, error: OmsError | None = None) -> Progress:
        """How far it is."""
        last = self._last
        commit, branch = (last.commit, last.branch) if last else ("", "")
        return Progress(self._settled, self._written, self._failed, commit, branch, done=done, error=error)

    async def in_batches(self, lines: AsyncIterator[bytes]) -> AsyncGenerator[Refusal | Progress, None]:
        """A commit for every batch; a refused line does not stop the others."""
        async for line in self._lines(lines):
            if isinstance(line, Line) and self._must_end_before(line):
                async for step in self._commit(before=line.number):
                    yield step
            if isinstance(line, Line):
                self._add(line)
            else:
                self._failed += 1
                yield line
        async for step in self._commit(before=self._read + 1):
            yield step
        yield self.progress(done=True)

    async def atomically(self, lines: AsyncIterator[bytes]) -> AsyncGenerator[Refusal | Progress, None]:
        """One commit for everything, or nothing and every reason."""
        refusals: list[Refusal] = []
        async for line in self._lines(lines):
            if isinstance(line, Line):
                self._add(line)
            else:
                refusals.append(line)
            if len(self._batch) > self._limits.documents_per_request:
                limit = self._limits.documents_per_request
                raise TooLarge(f"an atomic import has at most {limit} objects", field="body")
        if not refusals and self._batch:
            try:
                self._last = await self._put([each.document for each in self._batch])
            except ValidationFailed as error:
                refusals = list(refusals_of(self._batch, error).values())
                if not refusals:
                    raise
        for refusal in refusals:
            yield refusal
        self._settled = self._read
        self._failed = self._read - self._asked.skip if refusals else 0
        self._written = 0 if refusals else len(self._batch)
        yield self.progress(done=True)

    async def _lines(self, lines: AsyncIterator[bytes]) -> AsyncGenerator[Line | Refusal, None]:
        async for text in lines:
            self._read += 1
            if self._read > self._asked.skip and text.strip():
                yield read_line(self._object_type, self._read, text, self._limits.document_bytes)

    def _must_end_before(self, line: Line) -> bool:
        full = len(self._batch) >= BATCH_OBJECTS or self._bytes + line.size_bytes > BATCH_BYTES
        # One object twice: of two lines in one commit neither would be the later one.
        return bool(self._batch) and (full or line.own_id in self._ids)

    def _add(self, line: Line) -> None:
        self._batch.append(line)
        self._bytes += line.size_bytes
        if line.own_id:
            self._ids.add(line.own_id)

    async def _commit(self, before: int) -> AsyncGenerator[Refusal | Progress, None]:
        writing = BatchWriting(self._put)
        if self._batch:
            await writing.run(self._batch)
        self._batch, self._ids, self._bytes = [], set(), 0
        self._written += writing.count
        self._failed += len(writing.refusals)
        self._last = writing.result or self._last
        self._settled = before - 1
        for refusal in sorted(writing.refusals, key=lambda each: each.line):
            yield refusal
        yield self.progress()

    async def _put(self, documents: list[Json]) -> WriteResult:
        # A key for each commit: the caller's own is for the import as a whole, which `skip` resumes.
        options: WriteOptions = {**self._options, "idempotency_key": uuid4().hex}
        return await self._database().put_document(documents, create=None, **options)
