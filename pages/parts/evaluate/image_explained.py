"""What in a test image spoke for its prediction, and for its label where that is another."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.parts import explained
from pages.parts.evaluate.subject import Subject
from pages.parts.explanation import Heat, heat_caption, heat_maps, told_too_coarse


def show_grad_cam(subject: Subject, image: np.ndarray, *, predicted: int, true: int) -> None:
    """Show what in an image spoke for the predicted class, and beside it for the true one where that is another.

    Args:
        subject: A run with a network.
        image: (H, W, C) uint8.
        predicted: The network's answer.
        true: The label of the image.

    Raises:
        RunError: The network cannot be loaded.
    """
    classes = list(dict.fromkeys((predicted, true)))
    st.markdown("**What it looked at**", help="Grad-CAM (Selvaraju et al., 2017)")
    with st.spinner("Asking the network…"):
        grad_cam = explained.grad_cam(explained.ExplainedNetwork(subject.run))
        if not grad_cam.has_map:
            st.info(grad_cam.no_map, icon=":material/blur_off:")
            return
        maps = grad_cam.maps(image, classes)
    height, width = maps.shape[1:]
    if told_too_coarse(height, width):
        return
    roles = ["predicted and true"] if len(classes) == 1 else ["predicted", "true class"]
    heats = [
        Heat(image, one, subject.class_names[label], role)
        for one, label, role in zip(maps, classes, roles, strict=True)
    ]
    heat_maps(heats)
    heat_caption(heats)
