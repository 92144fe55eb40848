"""Three-way merge of documents."""

from data_kernel.domain.merging.conflicts import ConflictingEdit, Side, Strategy
from data_kernel.domain.merging.documents import MergedDocument, merge_document

__all__ = ["ConflictingEdit", "MergedDocument", "Side", "Strategy", "merge_document"]
