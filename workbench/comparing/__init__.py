"""Runs beside each other: their curves, what they were told, what came out, where they disagree."""
