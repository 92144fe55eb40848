"""Scheduled jobs in the monolith's own process, as before the scheduler-service.

Deprecated: they serve while USE_SCHEDULER_MS is off, and go one month after the flag is on in production. They need the
extra `legacy-ml`.
"""
