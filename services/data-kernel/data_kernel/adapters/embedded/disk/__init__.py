"""The file: its tables, its owner, and the file systems and faults it may meet."""
