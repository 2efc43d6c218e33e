"""The tabs of the results screen, and what they are made of."""
