"""The preview of an augmentation: what it shows is what training would do to these images."""

import base64
import io
import re
import sys

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

# What is drawn is drawn where TensorFlow is loaded already; before, a line stands in its place.
import cnn_core.training.augment  # noqa: F401
from cnn_core.config import AugmentationConfig
from cnn_core.data.load import load_dataset
from cnn_core.data.sample import sample_classes
from tests.app.reading import html_of, words_of

# Generous: other work may be going on beside the tests.
TIMEOUT_SECONDS = 60
SETTINGS = {"shift_pixels": 1, "noise": 0.1}


def script(dataset, settings, seed):
    from cnn_core.config import AugmentationConfig
    from cnn_core.data.catalogue import dataset_card
    from pages.parts.augmentation_preview import augmentation_preview

    augmentation_preview(dataset_card(dataset), AugmentationConfig(**settings), seed)


def show(settings, dataset="digits", seed=3):
    arguments = {"dataset": dataset, "settings": settings, "seed": seed}
    app = AppTest.from_function(script, kwargs=arguments, default_timeout=TIMEOUT_SECONDS).run()
    assert not app.exception
    return app


def images_of(app, kind):
    """(alt text, pixels) of the originals or of the variants, in the order of the page."""
    found = re.findall(rf'<figure class="(?:{kind})"><img src="data:image/png;base64,(.*?)" alt="(.*?)">', html_of(app))
    return [(alt, np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))) for png, alt in found]


def originals_of(app):
    return images_of(app, "original")


def variants_of(app):
    return images_of(app, "variant|spare")


@pytest.fixture(scope="module")
def sample():
    return sample_classes(load_dataset("digits"), 6)


def test_nothing_chosen_is_a_line_and_waits_for_nothing(monkeypatch):
    # Importing it would fail.
    monkeypatch.setitem(sys.modules, "cnn_core.training.augment", None)
    app = show({})
    assert app.caption[0].value.startswith("Nothing is chosen")
    assert not html_of(app)
    assert not app.button


def test_while_tensorflow_is_not_loaded_the_page_is_painted_without_it(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "tensorflow")
        app = show(SETTINGS)
        assert "Loading TensorFlow" in words_of(app)
        assert not html_of(app)
    assert originals_of(app.run())


def test_six_originals_stand_beside_five_variants_each_as_training_draws_them(sample):
    from cnn_core.training.augment import preview

    app = show(SETTINGS)
    originals, variants = originals_of(app), variants_of(app)
    assert [alt for alt, _ in originals] == [f"{name}, original" for name in sample.names]
    np.testing.assert_array_equal(np.stack([image for _, image in originals]), sample.images[..., 0])
    assert [alt for alt, _ in variants[:6]] == [*(f"0, variant {number}" for number in range(1, 6)), "2, variant 1"]
    drawn = preview(sample.images, AugmentationConfig(**SETTINGS), variants=5, seed=3).images
    np.testing.assert_array_equal(np.stack([image for _, image in variants]), drawn.reshape(30, 8, 8))


def test_drawing_again_draws_other_variants_of_the_same_images():
    app = show(SETTINGS)
    before = originals_of(app), variants_of(app)
    app.button(key="augmentation-draw-again").click().run()
    assert not app.exception
    for (_, one), (_, other) in zip(before[0], originals_of(app), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal([image for _, image in before[1]], [image for _, image in variants_of(app)])


def test_another_seed_shows_other_variants():
    one, other = variants_of(show(SETTINGS, seed=3)), variants_of(show(SETTINGS, seed=4))
    assert not np.array_equal([image for _, image in one], [image for _, image in other])


def test_what_was_drawn_is_not_drawn_again_when_the_page_runs_again(monkeypatch):
    from cnn_core.training import augment

    app = show(SETTINGS)
    before = html_of(app)
    monkeypatch.setattr(augment, "preview", None)
    assert html_of(app.run()) == before
    assert not app.exception


def test_mixed_images_say_whose_labels_they_carry(sample):
    app = show({"mixup": 1.0})
    assert "labels" in words_of(app)
    for alt, _ in variants_of(app):
        shares = {name: int(share) for share, name in re.findall(r"(\d+)% (\d)", alt)}
        assert set(shares) <= set(sample.names)
        assert alt.partition(",")[0] in shares or max(shares.values()) >= 99
        assert 99 <= sum(shares.values()) <= 101
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html_of(app))
    assert sum("%" in caption for caption in captions) == 30


def test_images_of_one_label_have_no_shares_below_them():
    assert "%" not in html_of(show(SETTINGS))


def test_without_the_dataset_the_digits_stand_in_and_it_says_so(sample):
    app = show(SETTINGS, dataset="fashion-mnist")
    assert "Digits 8×8" in app.info[0].value
    assert "Fashion-MNIST is not on this machine" in app.info[0].value
    assert [alt for alt, _ in originals_of(app)] == [f"{name}, original" for name in sample.names]


def test_a_damaged_dataset_is_told_and_the_digits_stand_in(tmp_path):
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"half a file")
    app = show(SETTINGS, dataset="fashion-mnist")
    assert "train-images-idx3-ubyte" in app.info[0].value
    assert len(originals_of(app)) == 6


@pytest.mark.real_data
def test_the_images_are_those_of_the_dataset():
    originals = originals_of(show(SETTINGS, dataset="fashion-mnist"))
    assert [alt for alt, _ in originals] == [
        f"{name}, original" for name in ("T-shirt/top", "Pullover", "Coat", "Sandal", "Sneaker", "Ankle boot")
    ]
    assert all(image.shape == (28, 28) for _, image in originals)
