"""Encoders, one a file: one modality to an embedding."""
