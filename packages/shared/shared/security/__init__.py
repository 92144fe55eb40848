"""Who calls: users' tokens, services' proofs."""
