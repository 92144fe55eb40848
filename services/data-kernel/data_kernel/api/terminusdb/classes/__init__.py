"""What classes look like, their prefixes, and how they change."""
