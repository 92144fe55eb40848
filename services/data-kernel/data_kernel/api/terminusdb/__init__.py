"""The TerminusDB-compatible surface under `/api`."""
