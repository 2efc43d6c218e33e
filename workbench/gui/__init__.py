"""The window: views that show, presenters that decide."""
