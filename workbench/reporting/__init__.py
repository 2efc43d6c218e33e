"""What a run leaves to be read by others: a report as HTML or PDF, and a model card."""
