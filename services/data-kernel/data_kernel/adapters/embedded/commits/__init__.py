"""Making commits, finding them, and what each holds."""
