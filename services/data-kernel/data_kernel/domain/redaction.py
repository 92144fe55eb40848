"""What takes the place of a value that nobody is to read any more."""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data_kernel.domain.json_paths import Gap, Step, change_at, parse_path
from shared.canonical import Json, encode
from shared.errors import InvalidInput

MASK: Final = "*****"
"""What every text becomes: not even its length is told."""
_HASH_CHARS: Final = 32


class Strategy(StrEnum):
    """How a value is redacted.

    `null` puts null, `mask` a text, number or truth value that is the same for all, `hash` a keyed digest of texts, the
    same for the same text within one redaction and masks the rest, and `drop` takes the value out.
    """

    NULL = "null"
    MASK = "mask"
    HASH = "hash"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which values: those at `path` in the documents of class `type`, or in the one with the id `subject`.

    Empty texts leave a part open, and without a path it is the document as a whole.
    """

    type: str = ""
    path: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is to be done: `steps` lead to the values, and without any the whole document goes."""

    selector: Selector
    strategy: Strategy
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, selector: Selector, strategy: Strategy) -> "Redaction":
        """`InvalidInput` for a selector that leaves everything open, a bad path, and a document that is not dropped."""
        if not (selector.type or selector.subject or selector.path):
            raise InvalidInput("selector: it names a type, a path or a subject", field="selector")
        steps = parse_path(selector.path or "$")
        if not steps and strategy is not Strategy.DROP:
            raise InvalidInput(
                "strategy: a whole document can only be dropped; a path names its values", field="strategy"
            )
        return cls(selector, strategy, steps)

    def apply(self, document: Json, key: bytes) -> Json | Gap:
        """The document without the values, a gap where it goes itself; `key` is what digests are made with."""
        return change_at(document, self.steps, lambda value: self._in_place_of(value, key))

    def _in_place_of(self, value: Json, key: bytes) -> Json | Gap:
        if self.strategy is Strategy.NULL:
            return None
        if self.strategy is Strategy.DROP:
            return Gap.GONE
        return _masked(value, key if self.strategy is Strategy.HASH else None)


def _masked(value: Json, key: bytes | None) -> Json:
    if isinstance(value, dict):
        return {name: each if name.startswith("@") else _masked(each, key) for name, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, key) for each in value]
    if isinstance(value, str):
        return MASK if key is None else hmac.digest(key, encode(value), "sha256").hex()[:_HASH_CHARS]
    if value is None or isinstance(value, bool):
        return None if value is None else False
    return 0
