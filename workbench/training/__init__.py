"""Encoders, fusion, head and objective; the one training loop."""
