"""Regular expressions of callers, in RE2's language: every text is searched in linear time."""

from collections.abc import Callable

import re2

from shared.errors import InvalidInput

MAX_PATTERN_CHARS = 1000
_MAX_MEMORY_BYTES = 1 << 20


def compiled(pattern: str, field: str) -> Callable[[str], bool]:
    """Whether a text has the pattern somewhere; `InvalidInput` naming the `field` for what is no pattern."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise InvalidInput(f"{field}: a pattern has at most {MAX_PATTERN_CHARS} characters", field=field)
    options = re2.Options()
    options.max_mem = _MAX_MEMORY_BYTES
    options.log_errors = False
    try:
        expression = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError):
        raise InvalidInput(f"{field}: it is no regular expression (RE2)", field=field) from None
    return lambda text: expression.search(text) is not None
