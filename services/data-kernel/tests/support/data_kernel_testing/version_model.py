"""Versions as dictionaries: commits with the years of their movies, and what merges and replays make of them.

`Year` is what a movie has: a number, or `None` for a movie without one; a title that is not there is no movie.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Movies: TypeAlias = dict[str, int | None]
Strategy: TypeAlias = Literal["manual", "ours", "theirs"]

_GONE = "gone"
_Slot: TypeAlias = int | str | None


class Contradiction(Exception):
    """Both sides made another edit of one place, and none is to prevail."""


class Unrelated(Exception):
    """There is no common ancestor."""


@dataclass(frozen=True)
class Version:
    """A commit: its movies and its parents; `number` orders the commits by age."""

    movies: Movies
    parents: tuple[str, ...]
    number: int


@dataclass
class Versions:
    """All commits by id."""

    by_id: dict[str, Version] = field(default_factory=dict)

    def add(self, commit: str, movies: Movies, parents: tuple[str, ...]) -> str:
        self.by_id[commit] = Version(dict(movies), parents, len(self.by_id))
        return commit

    def movies(self, commit: str | None) -> Movies:
        return {} if commit is None else self.by_id[commit].movies

    def before(self, commit: str) -> str | None:
        parents = self.by_id[commit].parents
        return parents[0] if parents else None

    def line(self, commit: str) -> list[str]:
        """The commit and those behind it by first parents, newest first."""
        at: str | None = commit
        found = []
        while at is not None:
            found.append(at)
            at = self.before(at)
        return found

    def ancestors(self, commit: str) -> set[str]:
        """The commit and everything behind it."""
        found, waiting = set(), [commit]
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += self.by_id[at].parents
        return found

    def bases(self, one: str, other: str) -> list[str]:
        """The best common ancestors, newest first."""
        common = self.ancestors(one) & self.ancestors(other)
        best = [each for each in common if not any(each in self.ancestors(of) - {of} for of in common)]
        return sorted(best, key=lambda each: -self.by_id[each].number)

    def common_base(self, bases: list[str]) -> str | None:
        """The one base, or several of them merged; where these contradict each other, what was before both."""
        if not bases:
            raise Unrelated
        first, *others = bases
        for other in others:
            below = self.bases(first, other)
            under = self.movies(self.common_base(below) if below else None)
            joined, _ = _joined(under, self.movies(first), self.movies(other), "manual")
            first = self.add(f"virtual {first} {other}", joined, (first, other))
        return first

    def union(self, base: str | None, ours: str | None, theirs: str | None, strategy: Strategy) -> Movies:
        """Both sides' edits since the base."""
        merged, has_conflicts = _joined(self.movies(base), self.movies(ours), self.movies(theirs), strategy)
        if has_conflicts and strategy == "manual":
            raise Contradiction
        return merged

    def rebased(self, head: str, onto: str, strategy: Strategy) -> tuple[str, list[Movies]]:
        """The commit that a rebase begins from, and the movies of each commit that it makes, oldest first."""
        own = []
        for commit in self.line(head):
            if commit in self.ancestors(onto):
                break
            own.append(commit)
        else:
            raise Unrelated
        kept, made = onto, list[Movies]()
        for commit in reversed(own):
            if not made and self.before(commit) == kept:
                kept = commit
                continue
            tip = made[-1] if made else self.movies(kept)
            merged, has_conflicts = _joined(self.movies(self.before(commit)), tip, self.movies(commit), strategy)
            if has_conflicts and strategy == "manual":
                raise Contradiction
            if merged != tip:
                made.append(merged)
        return kept, made


def _joined(base: Movies, ours: Movies, theirs: Movies, strategy: Strategy) -> tuple[Movies, bool]:
    merged: Movies = {}
    has_conflicts = False
    for title in base.keys() | ours.keys() | theirs.keys():
        slots = [side.get(title, _GONE) for side in (base, ours, theirs)]
        found, is_conflict = _slot(*slots, strategy)
        has_conflicts |= is_conflict
        if not isinstance(found, str):
            merged[title] = found
    return merged, has_conflicts


def _slot(base: _Slot, ours: _Slot, theirs: _Slot, strategy: Strategy) -> tuple[_Slot, bool]:
    if theirs in (ours, base):
        return ours, False
    if base == ours:
        return theirs, False
    if _GONE not in (ours, theirs):
        # Two versions of one movie are merged by what they say: a movie that is new said nothing before.
        before = None if base == _GONE else base
        if before in (ours, theirs):
            return (theirs if before == ours else ours), False
        base = before
    return {"manual": base, "ours": ours, "theirs": theirs}[strategy], True
