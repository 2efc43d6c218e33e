"""Run folders: spec, events, status, checkpoints, evaluation."""
