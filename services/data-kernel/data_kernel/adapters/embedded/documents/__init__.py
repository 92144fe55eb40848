"""The bodies of documents: reading them, finding them by a value with its indexes, and purging them."""
