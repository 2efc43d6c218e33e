"""What the tabs of the compare screen show and decide."""
