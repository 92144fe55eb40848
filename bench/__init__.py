"""Measurements of the platform, as ratios to yardsticks of the same run: `make bench`."""
