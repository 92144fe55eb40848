"""The ontology's own language, and how it stands in the store's class documents."""
