"""Holding documents to their classes."""

from data_kernel.domain.validation.elaboration import Elaborated, Reference, elaborate

__all__ = ["Elaborated", "Reference", "elaborate"]
