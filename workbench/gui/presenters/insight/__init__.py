"""What the tabs of the results screen show and decide."""
