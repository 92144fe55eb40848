"""What a class, an enum or a property may be called."""

import re

_MAX_NAME_BYTES = 200
_FORBIDDEN = re.compile(r"[\s/#:%\x00-\x1f\x7f-\x9f]")


def why_not_a_name(text: str) -> str | None:
    """What keeps a text from being a name; `None` where nothing does."""
    if not text or text.startswith("@"):
        return "A name is not empty and does not begin with @."
    if len(text.encode()) > _MAX_NAME_BYTES:
        return f"A name has at most {_MAX_NAME_BYTES} bytes."
    if _FORBIDDEN.search(text):
        return "A name holds no blanks, no control characters and none of / # : %."
    return None
