"""Learning rates over a run, one a file."""
