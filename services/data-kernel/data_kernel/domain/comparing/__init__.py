"""Differences of JSON values as TerminusDB writes them, and what they make of a value that they are applied to.

A difference says what it expects to find, so that applying it to something else is a conflict and never a loss. Its
operations: `SwapValue` (`@before`, `@after`; `null` is absence), `ForceValue` (`@after`), and for lists a chain of
`CopyList` (the first `@to` elements stay), `SwapList` (`@before` elements become `@after`), `PatchList` (elements are
patched one by one), each with the `@rest`, up to `KeepList`; for documents that come or go `Insert` and `Delete`.
"""

from data_kernel.domain.comparing.differences import DifferentKey, Style, difference
from data_kernel.domain.comparing.documents import document_difference, patched_document, subject_of, versions_of
from data_kernel.domain.comparing.patching import Conflicting, NoPatch, patched, remaining

__all__ = [
    "Conflicting",
    "DifferentKey",
    "NoPatch",
    "Style",
    "difference",
    "document_difference",
    "patched",
    "patched_document",
    "remaining",
    "subject_of",
    "versions_of",
]
