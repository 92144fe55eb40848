"""One module or package per backend."""
