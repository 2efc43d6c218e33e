"""Fusions, one a file: the embeddings of the modalities to one."""
