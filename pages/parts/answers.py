"""What the network says of pictures: the three most probable classes, and what it saw."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer, Classifier
from pages.parts.bars import BARS_CSS, Bar, bars_list
from pages.parts.gallery import Tile, data_uri, gallery
from pages.parts.pager import one_page
from pages.parts.ways_in import Arrival
from pages.parts.words import plain

_TOP = 3
_PAGE_SIZE = 20

_CSS = """
<style>
.cnn-lab-answer { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.cnn-lab-answer figure { margin: 0; }
.cnn-lab-answer figcaption { font-size: .8rem; margin-top: .35rem; opacity: .8; }
.cnn-lab-answer img { height: 140px; max-width: 220px; object-fit: contain; border-radius: .4rem; display: block;
  border: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-answer img.seen { image-rendering: pixelated; }
</style>
"""


def show_answers(arrivals: list[Arrival], classifier: Callable[[], Classifier], network: Hashable) -> None:
    """Classify pictures and show an answer, or what is wrong, for each.

    Args:
        arrivals: What came in.
        classifier: Gives the network; asked only when there is a picture to classify.
        network: Identifies the network: its answers for a picture are remembered.
    """
    if not arrivals:
        return
    has_steps = st.toggle("Show how each picture became the network's input", key="steps", persist_state="session")
    shown = (
        one_page(arrivals, size=_PAGE_SIZE, what="pictures", key="answers", is_in_address=False)
        if len(arrivals) > 1
        else arrivals
    )
    for arrival in shown:
        with st.container(border=True):
            try:
                with st.spinner("Classifying…"):
                    thumbnail, answer = _answer(network, arrival.key, _arrival=arrival, _classifier=classifier)
            except PictureError as error:
                st.error(plain(str(error)), icon=":material/broken_image:")
                continue
            _show(arrival.name, thumbnail, answer)
            if has_steps:
                gallery([Tile(stage.image, stage.name, (stage.why,)) for stage in answer.prepared.stages])


# A page runs again at every click anywhere; what was dropped need not be decoded, cut out and classified again.
@st.cache_resource(max_entries=256, show_spinner=False)
def _answer(
    network: Hashable,  # noqa: ARG001 - the cache's key
    picture: str,  # noqa: ARG001 - the cache's key
    _arrival: Arrival,
    _classifier: Callable[[], Classifier],
) -> tuple[str, Answer]:
    decoded = _arrival.read()
    return _thumbnail(decoded), _classifier().classify(decoded)


def _show(name: str, thumbnail: str, answer: Answer) -> None:
    bars = bars_list([Bar(guess.label, guess.probability) for guess in answer.guesses[:_TOP]])
    title = html.escape(name)
    st.html(
        f'{BARS_CSS}{_CSS}<div class="cnn-lab-answer">'
        f'<figure><img src="{thumbnail}" alt="{title}"><figcaption>{title}</figcaption></figure>'
        f'<figure><img class="seen" src="{data_uri(answer.prepared.image)}" alt="{title} as the network saw it">'
        f"<figcaption>as the network saw it</figcaption></figure>{bars}</div>"
    )
    if answer.is_outlier:
        st.caption(
            ":material/help: Unlike 95 % of the images that it was checked on: it may be **none of its classes**."
        )


def _thumbnail(picture: Picture) -> str:
    channels = [picture.rgb] if picture.alpha is None else [picture.rgb, picture.alpha[..., None]]
    small = Image.fromarray(np.concatenate(channels, axis=2))
    small.thumbnail((440, 280))
    return data_uri(np.asarray(small))
