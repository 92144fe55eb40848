"""Upkeep of what the store keeps: collecting what nothing needs, and taking personal data out."""
