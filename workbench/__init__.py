"""Learn from pictures, sounds and texts at once, and see what each loss does."""

__version__ = "0.1.0"
