"""Traces, metrics and logs, set up once in `main`."""
