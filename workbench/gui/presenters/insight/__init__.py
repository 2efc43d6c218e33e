"""Decides what each way to look into a trained run shows; knows no widget."""
