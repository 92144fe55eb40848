"""Migrations: operations on classes that say what becomes of the documents that are stored."""

from data_kernel.domain.migration.effects import Unconvertible
from data_kernel.domain.migration.migration import Migration, Rewritten
from data_kernel.domain.migration.reading import read_operations

__all__ = ["Migration", "Rewritten", "Unconvertible", "read_operations"]
