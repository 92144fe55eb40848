"""Clients of stores."""
