"""Why a trained model says what it says of one sample: maps over its picture, sound and words."""
