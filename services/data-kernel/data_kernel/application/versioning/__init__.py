"""Branches moved, joined and rewritten; names for commits."""
