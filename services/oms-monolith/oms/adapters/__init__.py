"""What stands behind the monolith's ports."""
