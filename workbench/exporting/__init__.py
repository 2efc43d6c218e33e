"""Hand-over: one model file that takes raw inputs, verified against the app, with its reader."""
