"""Texts that have a form: names, languages, hexadecimal bytes (XML Schema 1.1, part 2, and XML 1.0)."""

import re
from collections.abc import Callable

from data_kernel.domain.validation.mismatch import Mismatch
from shared.canonical import Json

_NAME_START = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME_PART = _NAME_START + "\\-.0-9\xb7\u0300-\u036f\u203f\u2040"

NAME = f"[:{_NAME_START}][:{_NAME_PART}]*"
NAME_WITHOUT_COLON = f"[{_NAME_START}][{_NAME_PART}]*"
NAME_TOKEN = f"[:{_NAME_PART}]+"
LANGUAGE = "[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"
HEXADECIMAL = "(?:[0-9a-f]{2})+"
"""Pairs of digits, in lower case alone: so each value has one text, and TerminusDB takes no other."""
EMAIL = r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+"
URL = r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s]+"


def text_of_form(pattern: str, what: str) -> Callable[[Json], Json]:
    """The reader of texts that a pattern matches as a whole; they are their own canonical form."""
    form = re.compile(pattern)

    def normalise(value: Json) -> Json:
        if isinstance(value, str) and form.fullmatch(value):
            return value
        raise Mismatch(f"This is not {what}.")

    return normalise


def any_text(value: Json) -> Json:
    """Any text."""
    if isinstance(value, str):
        return value
    raise Mismatch("This is not a text.")
