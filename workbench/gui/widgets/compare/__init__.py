"""What the tabs of the compare screen are made of."""
