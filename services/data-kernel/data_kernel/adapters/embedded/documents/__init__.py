"""The bodies of documents: reading them, and taking them out."""
