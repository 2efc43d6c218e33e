"""The ways to look into a trained run."""
