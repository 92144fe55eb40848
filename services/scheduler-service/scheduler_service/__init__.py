"""Jobs that happen once, on time, somewhere."""
