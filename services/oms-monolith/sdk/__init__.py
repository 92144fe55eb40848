"""Deprecated paths of the monolith; each module says where its content is now."""
