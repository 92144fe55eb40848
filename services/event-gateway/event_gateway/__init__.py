"""The one place that talks to the broker."""
