"""The kernel's gRPC interface."""
