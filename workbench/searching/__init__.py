"""Searches: many trials of one recipe, whose options are chosen by what earlier ones have shown."""
