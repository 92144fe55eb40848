"""What stands behind the ports: the kernel, Redis, HTTP and the event gateway."""
