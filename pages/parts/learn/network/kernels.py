"""The kernels of one filter, as it has learned them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.learn.map_pictures import strongest_first
from cnn_core.learn.numbers import figure
from cnn_core.learn.operations import Convolve
from pages.parts.gallery import Tile, gallery
from pages.parts.learn.network.map_tile import map_tile

_MOST = 12


def show_kernels(convolve: Convolve, number: int) -> None:
    """Show the kernels of a filter, those with the largest weights first.

    Args:
        convolve: The convolution.
        number: Of the filter, from 0.
    """
    kernel = convolve.read().kernel
    first = number // (kernel.shape[3] // convolve.groups) * kernel.shape[2]
    own = kernel[..., number]
    limit = float(np.abs(own).max()) or 1.0
    order = strongest_first(own)[:_MOST].tolist()
    st.markdown(f"**The kernels that filter {number + 1} has learned**")
    gallery(
        [
            Tile(
                map_tile(own[..., one], is_signed=True, limit=limit),
                f"for map {first + one + 1}",
                (_range(own[..., one]),),
            )
            for one in order
        ]
    )
    more = (
        f" Shown are the {len(order)} with the largest weights, of {own.shape[2]}." if own.shape[2] > len(order) else ""
    )
    st.caption(f"One for each map that comes in: blue weights are positive, orange ones negative.{more}")


def _range(weights: np.ndarray) -> str:
    low, high = figure(float(weights.min())), figure(float(weights.max()))
    return low if weights.size == 1 else f"{low} to {high}"
