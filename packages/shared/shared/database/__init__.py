"""Interfaces and clients of stores."""
