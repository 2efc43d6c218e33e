"""One screen a file; screens never import one another."""
