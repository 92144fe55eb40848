"""Deadlines, retries and circuit breakers."""
