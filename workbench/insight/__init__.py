"""What the model learned."""
