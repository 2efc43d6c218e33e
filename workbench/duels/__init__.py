"""Experiments that compare options honestly: planned, run through the queue, judged by a test."""
