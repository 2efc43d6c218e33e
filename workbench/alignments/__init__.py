"""Alignments, one a file: (embeddings, embeddings) of two modalities to the loss of each pair."""
