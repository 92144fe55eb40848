"""Settings of every test run, whatever member it concerns."""

from hypothesis import HealthCheck, settings

# Machines are shared and slow at times: how long one example takes says nothing about the code.
_EVERYWHERE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None, print_blob=True)

settings.register_profile("default", _EVERYWHERE, max_examples=100, derandomize=True)
settings.register_profile("long", _EVERYWHERE, max_examples=1000)
settings.load_profile("default")
