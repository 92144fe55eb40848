"""How every service speaks gRPC."""
