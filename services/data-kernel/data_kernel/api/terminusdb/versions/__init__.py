"""Branches, commits and what leads from one state to another."""
