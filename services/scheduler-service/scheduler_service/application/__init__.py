"""The use cases over their ports."""
