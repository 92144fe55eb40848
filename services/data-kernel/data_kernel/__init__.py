"""The only door to the versioned store."""
