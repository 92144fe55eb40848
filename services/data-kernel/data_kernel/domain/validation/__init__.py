"""Holding documents to their classes."""

from data_kernel.domain.validation.elaboration import Elaborated, Reference, elaborate, elaborate_all

__all__ = ["Elaborated", "Reference", "elaborate", "elaborate_all"]
