"""`embedding.v1` over gRPC."""
