"""Databases, and what points at their commits: branches, tags, the log of every move and its outbox."""
