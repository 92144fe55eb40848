"""Reads WordNet's files as Debian's package `wordnet-base` installs them (formats: wndb(5WN), cntlist(5WN))."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from examples.wordnet.synsets import Synset

INSTALLED: Final = Path("/usr/share/wordnet")
PARTS: Final = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_SATELLITE: Final = "s"
_HYPERNYM_POINTERS: Final = {"@", "@i"}
_SENSE_COUNTS: Final = "cntlist.rev"
# The lexicographer files by their number (lexnames(5WN)).
_CATEGORY_NAMES: Final = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object "
    "noun.person noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape "
    "noun.state noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition "
    "verb.consumption verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession "
    "verb.social verb.stative verb.weather adj.ppl"
)
CATEGORIES: Final = tuple(_CATEGORY_NAMES.split())


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a data file. `senses` are the keys of its words in the list of counts."""

    offset: str
    part: str
    category: str
    words: tuple[str, ...]
    senses: tuple[str, ...]
    hypernym_offsets: tuple[str, ...]
    gloss: str


def is_installed(folder: Path = INSTALLED) -> bool:
    """Whether all files are there."""
    return all((folder / f"{kind}.{part}").is_file() for part in PARTS.values() for kind in ("data", "index"))


def read_synsets(folder: Path, part: str) -> dict[str, Synset]:
    """All synsets of a part of speech (`n`, `v`, `a`, `r`) by id, in the order of the file."""
    entries = list(_entries(folder / f"data.{PARTS[part]}"))
    numbers = _sense_numbers(folder / f"index.{PARTS[part]}")
    ids = {each.offset: _id(each, numbers) for each in entries}
    return {ids[each.offset]: _synset(each, ids) for each in entries}


def read_counts(folder: Path, part: str) -> dict[str, int]:
    """How often each synset (by id) was met in the texts that WordNet's authors tagged; never ones are absent."""
    lines = (folder / _SENSE_COUNTS).read_text(encoding="ascii").splitlines()
    by_sense = {key.rsplit(":", 2)[0]: int(count) for key, _, count in (line.split(" ") for line in lines)}
    numbers = _sense_numbers(folder / f"index.{PARTS[part]}")
    counts = {
        _id(each, numbers): sum(by_sense.get(sense, 0) for sense in each.senses)
        for each in _entries(folder / f"data.{PARTS[part]}")
    }
    return {synset_id: count for synset_id, count in counts.items() if count}


def _entries(file: Path) -> Iterator[_Entry]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("  "):  # the licence, line by line
                yield _entry(line)


def _entry(line: str) -> _Entry:
    """Fields: offset, category, kind, words in hexadecimal, (word, number)…, pointers, (kind, offset, part, ends)…"""
    data, _, gloss = line.partition(" | ")
    offset, category, kind, word_count, *rest = data.split()
    words_end = 2 * int(word_count, 16)
    # An adjective's place in the sentence is written behind the word: `galore(ip)`.
    words = tuple(word.partition("(")[0] for word in rest[0:words_end:2])
    numbers = rest[1:words_end:2]
    pointers = rest[words_end + 1 : words_end + 1 + 4 * int(rest[words_end])]
    hypernyms = tuple(
        target for symbol, target in zip(pointers[0::4], pointers[1::4], strict=True) if symbol in _HYPERNYM_POINTERS
    )
    kind_number = "nvars".index(kind) + 1
    senses = tuple(
        f"{word.lower()}%{kind_number}:{category}:{int(number, 16):02}"
        for word, number in zip(words, numbers, strict=True)
    )
    return _Entry(offset, kind, CATEGORIES[int(category)], words, senses, hypernyms, _definition(gloss))


def _definition(gloss: str) -> str:
    """The gloss without the example sentences, which stand in quotation marks behind it."""
    return gloss.partition('; "')[0].strip()


def _sense_numbers(index: Path) -> dict[tuple[str, str], int]:
    """The number of each sense by its word and offset: senses are listed from the most to the least used."""
    numbers: dict[tuple[str, str], int] = {}
    with index.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("  "):
                continue
            word, _, sense_count, *rest = line.split()
            offsets = rest[-int(sense_count) :]
            numbers |= {(word, offset): number for number, offset in enumerate(offsets, 1)}
    return numbers


def _id(entry: _Entry, numbers: dict[tuple[str, str], int]) -> str:
    word = entry.words[0].lower()
    # A `/` would begin another part of an address.
    return f"{word.replace('/', '-')}.{entry.part}.{numbers[word, entry.offset]:02}"


def _synset(entry: _Entry, ids: dict[str, str]) -> Synset:
    return Synset(
        id=ids[entry.offset],
        lemmas=tuple(word.replace("_", " ") for word in entry.words),
        gloss=entry.gloss,
        category=entry.category,
        hypernyms=tuple(ids[offset] for offset in entry.hypernym_offsets),
    )
