"""The gateway's use cases and the ports they stand on."""
