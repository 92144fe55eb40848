"""The ontology: object types and objects over the kernel."""
