"""The ways in: gRPC and HTTP. They parse, call one use case and write the answer."""
