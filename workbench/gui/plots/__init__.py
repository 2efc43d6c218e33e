"""Live and still plots."""
