"""Errors in TerminusDB's own words: kinds, members and witnesses."""
