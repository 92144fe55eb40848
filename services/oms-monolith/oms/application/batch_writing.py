"""One batch of an import: what is sound is written, what is not is told line by line."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence

from oms.domain.import_lines import Line, Refusal
from shared.canonical import Json
from shared.database.interfaces import WriteResult
from shared.errors import InvalidInput, TooLarge, ValidationFailed, Violation

Put = Callable[[list[Json]], Awaitable[WriteResult]]
"""Writes documents as one commit."""

_Refused = ValidationFailed | InvalidInput | TooLarge
_VIOLATIONS_TOLD = 20


class BatchWriting:
    """Writes lines as one commit, or without those that the store refuses.

    The store names objects by id, which tells the line. Where it cannot, the batch is halved until one line is left;
    objects refused only because what they refer to stood in the other half are tried again in the end. Afterwards
    `count` lines are written, `result` is the last commit's, and `refusals` tells of all others.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._waiting: deque[list[Line]] = deque()
        self._deferred: list[Line] = []
        self._progressed = False
        self._halved = False
        self.result: WriteResult | None = None
        self.count = 0
        self.refusals: list[Refusal] = []

    async def run(self, lines: Sequence[Line]) -> None:
        """Write them; raises what is not about single lines."""
        self._waiting.append(list(lines))
        while self._waiting:
            await self._write(self._waiting.popleft())
            if not self._waiting and self._deferred:
                self._try_deferred_again()

    async def _write(self, part: list[Line]) -> None:
        try:
            self.result = await self._put([each.document for each in part])
        except (ValidationFailed, InvalidInput, TooLarge) as error:
            if isinstance(error, InvalidInput) and error.field != "id":
                raise
            self._sort_out(part, error)
        else:
            self.count += len(part)
            self._progressed = True

    def _sort_out(self, part: list[Line], error: _Refused) -> None:
        refusals = refusals_of(part, error)
        if not refusals and len(part) == 1:
            refusals = {part[0].number: Refusal.of(part[0].number, error)}
        if not refusals:
            self._halved = True
            middle = len(part) // 2
            self._waiting.extendleft([part[middle:], part[:middle]])
            return
        for line in part:
            if line.number in refusals:
                self._refuse(line, refusals[line.number])
        if rest := [line for line in part if line.number not in refusals]:
            self._waiting.appendleft(rest)

    def _refuse(self, line: Line, refusal: Refusal) -> None:
        only_references = {each.rule for each in refusal.violations} == {"reference"}
        if self._halved and only_references:
            self._deferred.append(line)
        else:
            self.refusals.append(refusal)

    def _try_deferred_again(self) -> None:
        # Without progress since the last time they would be refused again, and now it is final.
        self._halved = self._progressed
        self._progressed = False
        self._waiting.append(self._deferred)
        self._deferred = []


def refusals_of(lines: Sequence[Line], error: _Refused) -> dict[int, Refusal]:
    """What the error says about lines whose ids it names, by the line's number."""
    numbers = {line.own_id: line.number for line in lines if line.own_id}
    found: dict[int, list[Violation]] = {}
    for violation in error.violations:
        for subject in _subjects(violation.path):
            if subject in numbers:
                found.setdefault(numbers[subject], []).append(violation)
                break
    return {
        number: Refusal(number, error.reason.value, "The object breaks its type.", tuple(violations[:_VIOLATIONS_TOLD]))
        for number, violations in found.items()
    }


def _subjects(path: str) -> Iterator[str]:
    """The texts that may be the id in `id#pointer`: both parts may hold a `#`."""
    at = path.find("#")
    while at >= 0:
        yield path[:at]
        at = path.find("#", at + 1)
