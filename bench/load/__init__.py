"""Generators of load, each run as a process of its own, so that it competes with what it measures as a client does."""
