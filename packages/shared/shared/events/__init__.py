"""CloudEvents of the platform: their form, where they go in the broker, and how they get there.

`envelope` builds, reads and writes events; `routing` gives stream, subject and message id; `protobuf` and
`http_binding` carry them over gRPC and HTTP; `jetstream` stores them.
"""
