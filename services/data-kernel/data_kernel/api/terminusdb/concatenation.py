"""Several JSON objects in one body, one after another without commas, as TerminusDB takes them."""

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)


def concatenated(text: bytes) -> list[bytes]:
    """The objects and arrays of a text that follow one another at its top, unread; what stands between them is left
    with the part that follows, so that whoever reads it finds it wrong. Empty where the brackets do not match."""
    parts: list[bytes] = []
    start = depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in b"{[":
            depth += 1
        elif token[0] in b"}]":
            depth -= 1
            if depth == 0:
                parts.append(text[start : token.end()])
                start = token.end()
        if depth < 0:
            return []
    return parts if depth == 0 and not text[start:].strip() else []
