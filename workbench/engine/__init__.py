"""The process that computes: requests in, events out."""
