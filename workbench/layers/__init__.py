"""Keras layers that parts need; the only place that imports Keras at module level."""
