"""Presenters: they decide what a screen shows, and know no widget."""
