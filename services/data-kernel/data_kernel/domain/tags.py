"""Names of tags, which stand where a commit, a time or a branch may stand too."""

import re

from shared.errors import InvalidInput

_COMMIT = re.compile(r"[0-9a-z]{31}")
_TIME = re.compile(r"\d{4}-")
_BRANCH = re.compile(r"main|svc-.*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")

_RULE = (
    "A tag's name begins with a letter or digit and goes on with letters, digits, '.', '_' and '-', 200 at most; it "
    "does not begin like a time (YYYY-), has not the form of a commit's id, and is no short form of a branch's name."
)


def is_commit_id(text: str) -> bool:
    """Whether a text has the form of a commit's id."""
    return bool(_COMMIT.fullmatch(text))


def is_tag_name(text: str) -> bool:
    """Whether a tag may be named so: nothing that names a tag names a commit, a time or a platform's branch."""
    others = _TIME.match(text) or is_commit_id(text) or _BRANCH.fullmatch(text)
    return bool(_NAME.fullmatch(text)) and not others


def check_tag_name(text: str) -> str:
    """The name; `InvalidInput` with the rule."""
    if not is_tag_name(text):
        raise InvalidInput(_RULE, field="tag")
    return text
