"""What the monolith does for its callers."""
