"""What the monolith did in its own process before the services took over; deprecated, reached by providers alone."""
