"""The one thread that writes, those that read, and what they share."""
