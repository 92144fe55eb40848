"""Documents and classes: read, found, shown and written."""
