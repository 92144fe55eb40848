"""Verification: every hash of the store recomputed, every record held to those that it names."""

from data_kernel.adapters.embedded.verification.report import Counts, Fault, Progress, Report
from data_kernel.adapters.embedded.verification.verify import verify_file

__all__ = ["Counts", "Fault", "Progress", "Report", "verify_file"]
