"""Kinds of layers, for those who look for maps of features in a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

POOLINGS = (layers.MaxPooling2D, layers.AveragePooling2D)
# What makes a map of features smaller, or nothing of it at all, without finding anything new in it.
PASSED_OVER = (*POOLINGS, layers.Dropout, layers.SpatialDropout2D)


def is_linear_convolution(layer: Any) -> bool:
    """Whether a layer is a convolution whose activation, if there is one, is a layer behind it."""
    return isinstance(layer, layers.Conv2D) and layer.activation is keras.activations.linear


def with_inner(layer: Any) -> Iterator[Any]:
    """A layer or model, then all that are inside of it, and inside of these, in their order."""
    yield layer
    for inner in getattr(layer, "layers", ()):
        yield from with_inner(inner)
