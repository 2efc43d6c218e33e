"""Plots of what was found out of a trained run."""
