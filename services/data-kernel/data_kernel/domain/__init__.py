"""What the kernel knows about documents, schemas, commits and branches; no transport and no storage."""
