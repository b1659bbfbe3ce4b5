"""What augmentation makes of a dataset's images: each original beside a few variants, drawn as training draws them."""

from __future__ import annotations

import html
import sys

import numpy as np
import streamlit as st

from cnn_core.config import AugmentationConfig
from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.sample import Sample
from cnn_core.errors import DatasetError
from cnn_core.inference.loaded import freeze_objects
from cnn_core.sketches.bank import has_sketches, make_sketches
from pages.parts.boundary import errors_told
from pages.parts.cached import sample_images
from pages.parts.gallery import data_uri
from pages.parts.words import plain

_IMAGES = 6
_VARIANTS = 5
_FEWEST_VARIANTS = 3
# Of each class, to choose from.
_SKETCHES = 20
# Comes with scikit-learn, so it is always there.
_STAND_IN = "digits"
_DRAWS = "augmentation-draws"
_FIRST_TICK_SECONDS = 0.2

_CSS = """
<style>
.cnn-lab-variants { container-type: inline-size; max-width: 42rem; }
.cnn-lab-variants > div { display: grid; gap: .6rem; grid-template-columns: repeat(COLUMNS, minmax(0, 1fr)); }
.cnn-lab-variants .head { font-size: .8rem; font-weight: 600; }
.cnn-lab-variants .head + .head { grid-column: 2 / -1; }
.cnn-lab-variants figure { margin: 0; position: relative; }
.cnn-lab-variants img { width: 100%; display: block; image-rendering: pixelated; border-radius: .25rem;
  border: 1px solid rgba(128, 128, 148, .35); box-sizing: border-box; }
.cnn-lab-variants .original::after { content: ""; position: absolute; inset: 0 calc(-.3rem - 1px) 0 auto; width: 2px;
  background: rgba(128, 128, 148, .45); }
.cnn-lab-variants figcaption { font-size: .75rem; line-height: 1.3; margin-top: .25rem; overflow-wrap: anywhere; }
.cnn-lab-variants :not(.original) > figcaption { opacity: .8; }
@container (max-width: 26rem) {
  .cnn-lab-variants > div { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .cnn-lab-variants figure.spare { display: none; }
}
</style>
""".replace("COLUMNS", str(_VARIANTS + 1))


def augmentation_preview(card: DatasetCard, augmentation: AugmentationConfig, seed: int) -> None:
    """Show what an augmentation does to images of a dataset, with a button that draws again.

    The first call of a process loads TensorFlow, which takes seconds: it does so a moment after the page is painted,
    and says so meanwhile. Where the dataset is not on this machine, the built-in digits stand in: a message says so.

    Args:
        card: The dataset.
        augmentation: What to do; with nothing chosen, a line says so.
        seed: The run's. The same seed shows the same variants.
    """
    if augmentation == AugmentationConfig():
        st.caption("Nothing is chosen: every epoch shows the network the same images.")
        return
    if "tensorflow" in sys.modules:
        st.fragment(_show)(card, augmentation, seed)
    else:
        st.fragment(_load, run_every=_FIRST_TICK_SECONDS)([])


def _load(ticks: list[None]) -> None:
    st.caption(":material/hourglass_top: Loading TensorFlow, once…")
    # The first call is part of the page's own run, and whoever came for something else shall not wait for this.
    if not ticks:
        ticks.append(None)
        return
    import cnn_core.training.augment  # noqa: F401

    freeze_objects()
    st.rerun()


def _show(card: DatasetCard, augmentation: AugmentationConfig, seed: int) -> None:
    with errors_told():
        name = card.name
        try:
            sample = sample_images(name, _IMAGES)
        except DatasetError as error:
            name, sample = _STAND_IN, sample_images(_STAND_IN, _IMAGES)
            st.info(f"Shown on {sample.title} instead. {plain(str(error))}", icon=":material/image_not_supported:")
        drawn_seed = seed + st.session_state.get(_DRAWS, 0)
        with st.spinner("Drawing variants…"):
            st.html(_grid(name, augmentation.model_dump_json(), drawn_seed, _sample=sample))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Draw again", icon=":material/casino:", on_click=_draw_again, key="augmentation-draw-again")
            st.caption(_explain(augmentation))


def _draw_again() -> None:
    st.session_state[_DRAWS] = st.session_state.get(_DRAWS, 0) + 1


def _explain(augmentation: AugmentationConfig) -> str:
    words = "In training, every epoch draws anew."
    if augmentation.mixes_labels:
        words += " Below each variant: the labels that the network is to find in it."
    if augmentation.mixup and augmentation.cutmix:
        words += " A column is a batch, and each batch is mixed in one of the two ways."
    return words


# A page runs again at every click anywhere; the same variants need not be drawn again.
@st.cache_resource(max_entries=64, show_spinner=False)
def _grid(
    dataset: str,  # noqa: ARG001 - the cache's key
    augmentation: str,
    seed: int,
    _sample: Sample,
) -> str:
    from cnn_core.training.augment import preview

    config = AugmentationConfig.model_validate_json(augmentation)
    sketches = None
    if config.sketches and has_sketches(_sample.names):
        sketches = make_sketches(_sample.names, _sample.images.shape[1:], _SKETCHES, seed)
    drawn = preview(_sample.images, config, variants=_VARIANTS, seed=seed, sketches=sketches)
    heads = '<div class="head">Original</div><div class="head">What the network sees in its place</div>'
    rows = (
        _row(*cells, names=_sample.names, is_mixed=config.mixes_labels)
        for cells in zip(_sample.names, _sample.images, drawn.images, drawn.shares, strict=True)
    )
    return f'{_CSS}<div class="cnn-lab-variants"><div>{heads}{"".join(rows)}</div></div>'


def _row(
    name: str, original: np.ndarray, variants: np.ndarray, shares: np.ndarray, *, names: tuple[str, ...], is_mixed: bool
) -> str:
    figures = [_figure(original, f"{name}, original", [name], "original")]
    for number, (variant, share) in enumerate(zip(variants, shares, strict=True), start=1):
        labels = _labels(share, names) if is_mixed else []
        # The last ones make way in a narrow window.
        kind = "spare" if number > _FEWEST_VARIANTS else "variant"
        figures.append(_figure(variant, ", ".join([f"{name}, variant {number}", *labels]), labels, kind))
    return "".join(figures)


def _labels(shares: np.ndarray, names: tuple[str, ...]) -> list[str]:
    shown = [(share, name) for share, name in zip(shares, names, strict=True) if share >= 0.005]
    return [f"{share:.0%} {name}" for share, name in sorted(shown, reverse=True)]


def _figure(image: np.ndarray, alt: str, lines: list[str], kind: str) -> str:
    words = f"<figcaption>{'<br>'.join(map(html.escape, lines))}</figcaption>" if lines else ""
    return f'<figure class="{kind}"><img src="{data_uri(image)}" alt="{html.escape(alt)}">{words}</figure>'
