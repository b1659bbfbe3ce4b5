"""What is in a dataset, before anything is trained on it."""
