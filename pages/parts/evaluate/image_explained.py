"""Why the network answered as it did for one image: where it looked, which training images it takes it for."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from cnn_core.explain.heat import heat_picture
from cnn_core.explain.neighbours import label_doubt, nearest, same_pictures
from cnn_core.explain.reading import Reading
from cnn_core.runs.directory import Run
from pages.parts import explained
from pages.parts.boundary import errors_told
from pages.parts.evaluate.subject import Subject
from pages.parts.gallery import Tile, data_uri, gallery
from pages.parts.words import plain

_NEIGHBOURS = 6
_REFRESH_SECONDS = 0.5
# Features that are stored are there within it; for others there is a bar.
_PATIENCE_SECONDS = 0.4

_CSS = """
<style>
.cnn-lab-heat { display: flex; flex-wrap: wrap; gap: 1rem; }
.cnn-lab-heat figure { margin: 0; flex: 1 1 140px; max-width: 280px; }
.cnn-lab-heat img { width: 100%; display: block; border-radius: .5rem; border: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-heat figcaption { font-size: .875rem; margin-top: .4rem; overflow-wrap: anywhere; }
</style>
"""


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
        grad_cam = explained.grad_cam(subject.run)
        if not grad_cam.has_map:
            st.info(grad_cam.NO_MAP, icon=":material/blur_off:")
            return
        maps = grad_cam.maps(image, classes)
    roles = ["predicted and true"] if len(classes) == 1 else ["predicted", "true class"]
    figures = [
        _heat_figure(image, one, subject.class_names[label], role)
        for one, label, role in zip(maps, classes, roles, strict=True)
    ]
    st.html(f'{_CSS}<div class="cnn-lab-heat">{"".join(figures)}</div>')
    height, width = maps.shape[1:]
    st.caption(
        f"The warmer, the more a place spoke for the class; each map by its own scale. The network's last map has "
        f"{height} × {width} places, drawn smoothly."
    )


def _heat_figure(image: np.ndarray, heat: np.ndarray, name: str, role: str) -> str:
    name = html.escape(name)
    words = (
        f"warm: what spoke for <strong>{name}</strong>" if heat.any() else f"nothing spoke for <strong>{name}</strong>"
    )
    return (
        f'<figure><img src="{data_uri(heat_picture(image, heat), "webp")}" alt="Heat map of what spoke for {name}">'
        f"<figcaption>{words} ({role})</figcaption></figure>"
    )


def show_neighbours(subject: Subject, image: np.ndarray, *, label: int) -> None:
    """Show the training images that the network takes for nearly the same, or how far it has come to find them.

    Args:
        subject: A run with a network.
        image: (H, W, C) uint8.
        label: Of the image.

    Raises:
        RunError: The network cannot be loaded.
        DatasetError: The training images are no longer there.
    """
    run = subject.run
    st.markdown("**Training images that are nearest to it, in the network's eyes**")
    reading = explained.reading(run)
    reading.wait(_PATIENCE_SECONDS)
    if reading.is_active:
        st.fragment(_progress, run_every=_REFRESH_SECONDS)(run)
    elif reading.features is None:
        st.error(plain(reading.error or ""), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", on_click=explained.read_again, args=(run,), key="read-again")
    else:
        _found(subject, image, label, reading, reading.features)


def _progress(run: Run) -> None:
    with errors_told():
        reading = explained.reading(run)
        if not reading.is_active:
            # The dialog has to be drawn anew, without a pulse.
            st.rerun()
        words = f"Reading the training images: {reading.share:.0%}"
        if reading.state == "waiting":
            words = "Waiting: the training images are being read for another network"
        st.progress(reading.share, text=f"{words}. Once for each network.")


def _found(subject: Subject, image: np.ndarray, label: int, reading: Reading, features: np.ndarray) -> None:
    training = explained.training_images(subject.run)
    names = subject.class_names
    found = nearest(features, explained.feature_network(subject.run).features(image[None])[0], _NEIGHBOURS)
    labels = training.labels[found.indices]
    is_same = same_pictures(training.images[found.indices], image)
    if is_same.any():
        which = ", ".join(str(index) for index in found.indices[is_same])
        st.warning(
            f"The very same picture is in the training set (training image {which}), so the answer for it tells "
            "nothing of how the network does on new ones.",
            icon=":material/content_copy:",
        )
    if doubt := label_doubt(labels, label, names):
        st.info(plain(doubt), icon=":material/contract_edit:")
    gallery(
        [
            Tile(
                training.images[index],
                names[one],
                (f"distance {distance:.3f}", f"training image {index}", *(["the same picture"] if same else [])),
            )
            for index, one, distance, same in zip(found.indices, labels, found.distances, is_same, strict=True)
        ]
    )
    st.caption(
        f"Of all {len(features):,} training images. Distance: one minus the cosine of the network's features, 0 for "
        "the same. Near images tend to agree with its answer, right or wrong."
    )
    if reading.unsaved:
        st.caption(f":material/save: Kept in memory only, until the server stops. {plain(reading.unsaved)}")
