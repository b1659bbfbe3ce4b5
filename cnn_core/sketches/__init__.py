"""Sketches of clothes, made up from outlines: what people draw, and no product photo shows.

Trousers with their legs apart, a jacket open at the front, a sandal seen from above: no pose of an image of
Fashion-MNIST looks like that.
"""
