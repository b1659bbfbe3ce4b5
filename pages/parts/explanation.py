"""Why a network answered as it did for one image: heat maps, and the training images that it takes for the same."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.explain.heat import heat_picture
from cnn_core.explain.neighbours import Answered, company_in_words, nearest, same_pictures
from cnn_core.explain.reading import Reading
from pages.parts import explained
from pages.parts.boundary import errors_told
from pages.parts.explained import ExplainedNetwork
from pages.parts.gallery import Tile, data_uri, gallery
from pages.parts.words import plain

_NEIGHBOURS = 6
_REFRESH_SECONDS = 0.5
# Features that are stored are there within it; for others there is a bar.
_PATIENCE_SECONDS = 0.4
# A quarter of the image or more for each: nobody learns from that where it looked.
_TOO_FEW_PLACES = 4

_CSS = """
<style>
.cnn-lab-heat { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.cnn-lab-heat figure { margin: 0; flex: 1 1 140px; max-width: 280px; }
.cnn-lab-heat img { width: 100%; display: block; border-radius: .5rem; border: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-heat figcaption { font-size: .875rem; margin-top: .4rem; overflow-wrap: anywhere; }
</style>
"""


@dataclass(frozen=True, eq=False)
class Heat:
    """A heat map on its image.

    Attributes:
        image: (H, W, 1) or (H, W, 3) uint8.
        heat: (h, w) float in [0, 1], over the whole image.
        label: The class that it is for.
        role: What that class or this image is, in a few words.
    """

    image: np.ndarray
    heat: np.ndarray
    label: str
    role: str


def is_too_coarse(height: int, width: int) -> bool:
    """Whether a map of so many places tells nothing of where a network looked."""
    return height * width <= _TOO_FEW_PLACES


def told_too_coarse(height: int, width: int) -> bool:
    """Say so where a map is too coarse; whether it is."""
    if not is_too_coarse(height, width):
        return False
    st.info(
        f"The network's last map has {height} × {width} places: it says what was seen, and hardly where. So there "
        "is no picture of it.",
        icon=":material/blur_off:",
    )
    return True


def heat_maps(heats: Sequence[Heat]) -> None:
    """Show heat maps side by side."""
    st.html(f'{_CSS}<div class="cnn-lab-heat">{"".join(map(_figure, heats))}</div>')


def heat_caption(heats: Sequence[Heat]) -> None:
    """Say how to read the heat maps; of those that show nothing, why that can be."""
    height, width = heats[0].heat.shape
    warm = sum(bool(heat.heat.any()) for heat in heats)
    told = []
    if warm:
        told.append(f"The warmer, the more a place spoke for the class{'; each map by its own scale' * (warm > 1)}.")
    if warm < len(heats):
        told.append("Where nothing is warm, no place spoke for the class: what decided is how much spoke against each.")
    told.append(f"The network's last map has {height} × {width} places, drawn smoothly.")
    st.caption(" ".join(told))


def _figure(heat: Heat) -> str:
    name, role = html.escape(heat.label), html.escape(heat.role)
    found = "warm: what spoke for" if heat.heat.any() else "nothing spoke for"
    picture = data_uri(heat_picture(heat.image, heat.heat), "webp")
    return (
        f'<figure><img src="{picture}" alt="Heat map of what spoke for {name}">'
        f"<figcaption>{found} <strong>{name}</strong> ({role})</figcaption></figure>"
    )


def show_neighbours(
    network: ExplainedNetwork, image: np.ndarray, class_names: Sequence[str], *, answered: Answered | None = None
) -> None:
    """Show the training images that the network takes for nearly the same, or how far it has come to find them.

    Args:
        network: Whose answer it is.
        image: (H, W, C) uint8.
        class_names: In the order of the labels.
        answered: Its label and the network's answer, where it has a label.

    Raises:
        RunError: The network cannot be loaded.
        DatasetError: The training images are no longer there.
    """
    st.markdown("**Training images that are nearest to it, in the network's eyes**")
    found = explained.reading(network)
    found.wait(_PATIENCE_SECONDS)
    if found.is_active:
        st.fragment(_progress, run_every=_REFRESH_SECONDS)(network)
    elif found.features is None:
        st.error(plain(found.error or ""), icon=":material/error:")
        st.button(
            "Try again", icon=":material/refresh:", on_click=explained.read_again, args=(network,), key="read-again"
        )
    else:
        _found(network, image, class_names, answered, found, found.features)


def _progress(network: ExplainedNetwork) -> None:
    with errors_told():
        found = explained.reading(network)
        if not found.is_active:
            # What is around it has to be drawn anew, without a pulse.
            st.rerun()
        words = f"Reading the training images: {found.share:.0%}"
        if found.state == "waiting":
            words = "Waiting: the training images are being read for another network"
        st.progress(found.share, text=f"{words}. Once for each network.")


def _found(
    network: ExplainedNetwork,
    image: np.ndarray,
    class_names: Sequence[str],
    answered: Answered | None,
    read: Reading,
    features: np.ndarray,
) -> None:
    training = explained.training_images(network.run)
    found = nearest(features, explained.feature_network(network).features(image[None])[0], _NEIGHBOURS)
    labels = training.labels[found.indices]
    is_same = same_pictures(training.images[found.indices], image)
    if is_same.any():
        which = ", ".join(str(index) for index in found.indices[is_same])
        st.warning(
            f"The very same picture is in the training set (training image {which}), so the answer for it tells "
            "nothing of how the network does on new ones.",
            icon=":material/content_copy:",
        )
    if answered is not None and (words := company_in_words(labels, answered, class_names)):
        st.info(plain(words), icon=":material/groups:")
    gallery(
        [
            Tile(
                training.images[index],
                class_names[one],
                (f"distance {distance:.3f}", f"training image {index}", *(["the same picture"] if same else [])),
            )
            for index, one, distance, same in zip(found.indices, labels, found.distances, is_same, strict=True)
        ]
    )
    st.caption(
        f"Of all {len(features):,} training images. Distance: one minus the cosine of the network's features, 0 for "
        "the same. Near images tend to agree with its answer, right or wrong."
    )
    if read.unsaved:
        st.caption(f":material/save: Kept in memory only, until the server stops. {plain(read.unsaved)}")
