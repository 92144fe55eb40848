"""The words that the demo loads: the slice that comes along, or all of WordNet where it is installed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from examples.demo.platform import StepFailed
from examples.wordnet.database import INSTALLED, PARTS, is_installed, read_synsets
from examples.wordnet.make_slice import SLICE
from examples.wordnet.synsets import wider_first
from shared.canonical import decode

_WORD: Final = re.compile(r"[a-z]+")
_EMPTY: Final = "a an and are at by for from how in is it of on or that the to with"
_EMPTY_WORDS: Final = frozenset(_EMPTY.split())


@dataclass(frozen=True, slots=True)
class Corpus:
    """Synsets as lines of NDJSON, and the text that each is searched by."""

    name: str
    lines: tuple[bytes, ...]
    texts: dict[str, str]

    def with_phrase(self, phrase: str) -> int:
        """How many texts hold the phrase as it is."""
        return sum(phrase.lower() in text for text in self.texts.values())

    def with_words(self, query: str) -> int:
        """How many texts hold every word of the query that means something."""
        wanted = words(query)
        return sum(wanted <= words(text) for text in self.texts.values())


def words(text: str) -> frozenset[str]:
    """The words of a text that mean something."""
    return frozenset(_WORD.findall(text.lower())) - _EMPTY_WORDS


def load(*, full: bool) -> Corpus:
    """Read the words; StepFailed where all of WordNet is asked for and not there."""
    if not full:
        return _corpus("a slice of WordNet's nouns", SLICE.read_bytes().splitlines(keepends=True))
    if not is_installed():
        raise StepFailed(f"FULL needs WordNet in {INSTALLED}: on Debian, `apt-get install wordnet-base` puts it there")
    return _corpus("all of WordNet", _all_lines())


def _all_lines() -> Iterator[bytes]:
    for part in PARTS:
        for synset in wider_first(read_synsets(INSTALLED, part)):
            yield synset.line()


def _corpus(name: str, lines: "Iterator[bytes] | list[bytes]") -> Corpus:
    kept = tuple(lines)
    texts: dict[str, str] = {}
    for line in kept:
        synset: Any = decode(line)
        texts[synset["id"]] = " ".join([*synset["lemmas"], synset["gloss"]]).lower()
    return Corpus(name, kept, texts)
