"""One file of one modality to numbers, the same for training, preview and prediction."""
