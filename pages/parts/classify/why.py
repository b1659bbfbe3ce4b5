"""Why the network answered as it did for one picture: where it looked, which training images are nearest."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.errors import DatasetError
from cnn_core.explain.placing import heat_on_picture
from cnn_core.images.fit import resized
from cnn_core.images.prepare import Prepared
from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run
from pages.parts import explained
from pages.parts.explained import ExplainedNetwork
from pages.parts.explanation import Heat, heat_caption, heat_maps, show_neighbours, told_too_coarse
from pages.parts.words import plain

_TOP = 3
# Of the longer side of the picture under the heat, in pixels: sharp on a screen of two pixels a point.
_SIDE = 560


def show_why(answer: Answer, run: Run) -> None:
    """Show, on demand, what in the picture spoke for the answer, and the training images nearest to it.

    Raises:
        RunError: The network cannot be loaded.
    """
    if not st.toggle("Why this answer?", key="why", persist_state="session"):
        return
    class_names = run.record().data.class_names
    network = ExplainedNetwork(run, is_adapted=answer.is_adapted)
    _show_heat(answer, network, class_names)
    try:
        show_neighbours(network, answer.prepared.image, class_names)
    except DatasetError as error:
        st.info(plain(str(error)), icon=":material/image_not_supported:")


def _show_heat(answer: Answer, network: ExplainedNetwork, class_names: tuple[str, ...]) -> None:
    st.markdown("**What it looked at**", help="Grad-CAM (Selvaraju et al., 2017)")
    grad_cam = explained.grad_cam(network)
    if not grad_cam.has_map:
        st.info(grad_cam.no_map, icon=":material/blur_off:")
        return
    labels = [guess.label for guess in answer.guesses[:_TOP]]
    # The place in the list: the class that is the most probable may be another with the next stroke.
    rank = st.segmented_control(
        "What spoke for",
        range(len(labels)),
        format_func=lambda one: plain(labels[one]),
        default=0,
        required=True,
        key="why-class",
    )
    label = labels[rank or 0]
    prepared = answer.prepared
    with st.spinner("Asking the network…"):
        (heat,) = grad_cam.maps(prepared.image, [class_names.index(label)])
    height, width = heat.shape
    if told_too_coarse(height, width):
        return
    picture = _picture(prepared)
    placed = heat_on_picture(heat, prepared.region, *picture.shape[:2])
    on_image = Heat(prepared.image, heat, label, "on what the network saw")
    heat_maps([Heat(picture, placed, label, "on your picture"), on_image])
    heat_caption([on_image])


def _picture(prepared: Prepared) -> np.ndarray:
    """The picture itself, upright, as large as it is shown."""
    image = prepared.stages[0].image
    height, width = image.shape[:2]
    scale = _SIDE / max(height, width)
    return resized(image, max(1, round(height * scale)), max(1, round(width * scale))) if scale < 1 else image
