"""`event_gateway.v1` over gRPC."""
