"""Adaptive weightings of several terms of an objective, one a file."""
