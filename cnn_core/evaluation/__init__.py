"""From labels and logits to what can be said of a network."""
