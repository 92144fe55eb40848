"""Rollout flags."""
