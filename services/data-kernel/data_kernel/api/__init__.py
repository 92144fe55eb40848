"""The kernel's doors: REST, gRPC, and the TerminusDB-compatible surface."""
