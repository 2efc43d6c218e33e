"""Sample projects that make themselves."""
