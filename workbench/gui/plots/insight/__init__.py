"""Plots of the tabs of the results screen."""
