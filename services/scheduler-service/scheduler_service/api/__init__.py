"""The doors of the service."""
