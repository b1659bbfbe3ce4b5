"""A network with convolutions against one without: a fair duel, and what each makes of images that were changed."""
