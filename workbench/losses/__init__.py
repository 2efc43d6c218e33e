"""Losses, one a file: (labels, logits) to the loss of each sample."""
