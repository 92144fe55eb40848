"""What the platform is measured against. They import nothing of it, and change only by a decision in docs/adr."""
