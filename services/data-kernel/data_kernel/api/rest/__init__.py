"""The kernel's REST interface."""
