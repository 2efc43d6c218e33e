"""A run in one file, to be opened on another machine: packed, looked at, checked, opened."""
