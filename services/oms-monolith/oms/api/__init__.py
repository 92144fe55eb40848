"""The monolith's interfaces."""
