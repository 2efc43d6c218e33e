"""Plots of the compare screen."""
