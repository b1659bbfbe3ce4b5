"""Duplicates: equal images, altered copies, and what a pair means."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_sample_images
from typer.testing import CliRunner

from benchmarks.duplicates import CHANGES, altered
from cnn_core.cli.app import app
from cnn_core.data.dataset import Dataset
from cnn_core.data.duplicates import find
from cnn_core.data.duplicates.alignment import align, lay_over
from cnn_core.data.duplicates.candidates import find_candidates
from cnn_core.data.duplicates.descriptor import Describer
from cnn_core.data.duplicates.exact import first_equal
from cnn_core.data.duplicates.find import find_duplicates
from cnn_core.data.duplicates.images import AllImages
from cnn_core.data.duplicates.pairs import DuplicatesFound, Pairs
from cnn_core.data.load import load_dataset
from cnn_core.errors import RunError
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import new_folder, start_in
from cnn_core.jobs.work import CancelledError, run_job


def silent(_share, _doing=""):
    """Nobody listens."""


def windows_of_photos(count, side, channels=3, seed=0):
    """Different pictures: windows of two photos that come with scikit-learn, far enough apart to be others."""
    rng = np.random.default_rng(seed)
    photos = [Image.fromarray(photo).resize((640, 427)) for photo in load_sample_images().images]
    places = [(photo, top, left) for photo in (0, 1) for top in range(0, 361, 24) for left in range(0, 575, 24)]
    chosen = [places[place] for place in rng.permutation(len(places))]
    cut = [photos[photo].crop((left, top, left + 64, top + 64)).resize((side, side)) for photo, top, left in chosen]
    images = np.stack([np.asarray(image if channels == 3 else image.convert("L")) for image in cut])
    images = images.reshape(len(cut), side, side, channels)
    # Pieces of the sky are all alike.
    return images[images.std(axis=(1, 2, 3)) > 30][:count]


def dataset_of(train, test, train_labels=None, test_labels=None):
    """A dataset of two classes; all of the first one, where nothing is said."""
    labels = [
        np.zeros(len(images), np.int64) if given is None else np.array(given, np.int64)
        for images, given in ((train, train_labels), (test, test_labels))
    ]
    return Dataset("made-up", "Made up", ("a", "b"), train.copy(), labels[0], test.copy(), labels[1], "0" * 64)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.integers(1, 29))
@settings(deadline=None, max_examples=30)
def test_equal_images_are_those_that_a_comparison_of_all_pixels_finds(shades, cut):
    images = np.array(shades, np.uint8)[:, None, None, None] * np.ones((1, 8, 9, 3), np.uint8)
    cut = min(cut, len(images) - 1)
    found = first_equal(AllImages(images[:cut], images[cut:]))
    assert found.tolist() == [shades.index(shade) for shade in shades]


@pytest.mark.parametrize(("side", "channels"), [(28, 1), (32, 3), (64, 3)])
def test_copies_are_found_and_other_pictures_are_not_taken_for_copies(side, channels):
    images, rng = windows_of_photos(250, side, channels), np.random.default_rng(1)
    changes = list(CHANGES.values())
    copies = np.stack([altered(image, changes[place % len(changes)], rng) for place, image in enumerate(images[:120])])
    pairs = find_duplicates(dataset_of(images, copies), silent)
    of_copies = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    planted = {(place, len(images) + place) for place in range(len(copies))}
    assert len(planted & of_copies) >= 0.95 * len(planted)
    # The windows themselves are cut from two photos, whose parts may look alike.
    assert len(of_copies - planted) <= 2


def test_brighter_copies_are_equal_no_longer_and_their_similarity_is_that_of_their_pixels():
    images = windows_of_photos(50, 28, 1)
    copies = np.stack([images[0], np.clip(images[1] * 0.9, 0, 255).astype(np.uint8)])
    pairs = find_duplicates(dataset_of(images, copies), silent)
    assert pairs.is_exact.tolist() == [True, False]
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0, 1], [50, 51])
    assert pairs.similarity[0] == 1
    assert 0.99 < pairs.similarity[1] <= 1


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 0, 90)])
def test_another_colour_is_another_picture(colour):
    shape = gaussian_filter(np.random.default_rng(0).uniform(0, 255, (60, 32, 32)), (0, 2, 2))
    shape = ((shape - shape.min()) / np.ptp(shape))[..., None]
    images = (shape * (0, 160, 0)).astype(np.uint8)
    pairs = find_duplicates(dataset_of(images, (shape[:10] * colour).astype(np.uint8)), silent)
    assert len(pairs) == 0


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (32, 20), (256, 40)])
def test_flat_tiny_long_and_few_images_are_searched_like_others(size):
    images = np.repeat(np.arange(6, dtype=np.uint8) * 40, 2)[:, None, None, None] * np.ones((1, *size, 3), np.uint8)
    pairs = find_duplicates(dataset_of(images[:2], images[2:]), silent)
    # Each shade is there twice; one shade is no copy of another.
    assert pairs.first.tolist() == [0, 2, 4, 6, 8, 10]
    assert pairs.is_exact.all()


def test_what_stops_a_search_stops_it():
    def tell(share, _doing):
        if share > 0.3:
            raise CancelledError

    with pytest.raises(CancelledError):
        find_duplicates(dataset_of(windows_of_photos(40, 28, 1), windows_of_photos(10, 28, 1, seed=1)), tell)


def test_cells_find_the_nearest_others_that_a_comparison_with_all_finds():
    small = windows_of_photos(400, 28, 1)[..., 0]
    describer = Describer.learned_from(small, (28, 28))
    found = find_candidates(small, describer, silent)
    assert len(set(zip(found.asked.tolist(), found.found.tolist(), strict=True))) == len(found.asked)
    assert (found.asked != found.found).all()
    described = describer.describe(small).astype(float)
    distance = ((described[:, None] - described[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = {frozenset((row, int(distance[row].argmin()))) for row in range(len(small))}
    pairs = {frozenset(pair) for pair in zip(found.asked.tolist(), found.found.tolist(), strict=True)}
    assert len(nearest & pairs) >= 0.9 * len(nearest)


@given(
    st.tuples(*[st.floats(0.95, 1.05)] * 2, *[st.floats(-1.5, 1.5)] * 2),
    st.floats(0.8, 1.2),
)
@settings(deadline=None, max_examples=25)
def test_an_image_is_laid_over_its_copy(pose, gain):
    image = gaussian_filter(np.random.default_rng(3).uniform(0, 255, (1, 32, 32)), (0, 3, 3)).astype(np.float32)
    image = (image - image.min()) / np.ptp(image) * 255
    copy, _ = lay_over(image, np.array([pose], np.float32))
    found = align(image, copy * np.float32(gain), np.array([[1, 1, 0, 0]], np.float32), (32, 32), rounds=8)
    assert np.allclose(found[0, :2], pose[:2], atol=0.01)
    assert np.allclose(found[0, 2:], pose[2:], atol=0.15)


@pytest.fixture
def pairs():
    """Training 0 to 4, test 5 to 8: 0 = 1 = 5, 2 ~ 6 of another label, 7 = 8."""
    return Pairs(
        train_count=5,
        labels=np.array([0, 0, 0, 1, 1, 0, 1, 1, 1]),
        first=np.array([0, 0, 7, 2]),
        second=np.array([1, 5, 8, 6]),
        is_exact=np.array([True, True, True, False]),
        similarity=np.array([1, 1, 1, 0.99], np.float32),
    )


def test_pairs_are_leaks_contradictions_and_clusters(pairs):
    found = pairs.found("x", "y", 1.0)
    assert (found.across.exact, found.across.near, found.across.contradictory) == (1, 1, 1)
    assert (found.within_training.pairs, found.within_test.pairs, found.pairs) == (1, 1, 4)
    assert (found.leaked, found.clusters, found.spare) == (2, 3, 4)
    assert pairs.leaked_test().tolist() == [0, 1]
    assert pairs.select().tolist() == [0, 1, 2, 3]
    assert pairs.select("leaks", "near").tolist() == [3]
    assert pairs.select("contradictory").tolist() == [3]


def dropped(pairs, *, also_within=False):
    train, test = pairs.to_drop(also_within=also_within)
    return train.tolist(), test.tolist()


def test_a_fair_copy_loses_the_training_twins_of_test_images_and_what_has_two_labels(pairs):
    # 1 equals 0, which is a test image, too; which label of 2 and 6 is right is not known.
    assert dropped(pairs) == ([0, 1, 2], [1])
    assert dropped(pairs, also_within=True) == ([0, 1, 2], [1, 3])


def test_of_three_copies_the_one_with_another_label_goes_wherever_it_is():
    # Training 0 and 1 are of one class, their copy in the test of another.
    pairs = Pairs(
        train_count=3,
        labels=np.array([0, 0, 1, 1, 0]),
        first=np.array([0, 0]),
        second=np.array([1, 3]),
        is_exact=np.array([True, True]),
        similarity=np.ones(2, np.float32),
    )
    assert dropped(pairs) == ([], [0])
    assert dropped(pairs, also_within=True) == ([1], [0])


def test_pairs_are_written_and_read(pairs, tmp_path):
    pairs.save(tmp_path / "pairs.npz")
    again = Pairs.load(tmp_path / "pairs.npz")
    assert again.found("x", "y", 1.0) == pairs.found("x", "y", 1.0)
    (tmp_path / "pairs.npz").write_bytes(b"half")
    with pytest.raises(RunError, match="Search for duplicates again"):
        Pairs.load(tmp_path / "pairs.npz")


def test_a_job_searches_and_its_result_is_read(monkeypatch):
    monkeypatch.setattr("cnn_core.jobs.store.start_process", lambda *_: None)
    digits = load_dataset("digits")
    job = start_in(new_folder(find.KIND, digits.checksum), find.KIND, digits.checksum, {"dataset": "digits"})
    run_job(job)
    result = Job(job.path).read_result(DuplicatesFound)
    assert job.state == "done"
    assert result.images == len(digits.train_labels) + len(digits.test_labels)
    assert len(find.read_pairs(job)) == result.pairs


def test_check_tells_counts_and_its_json_alone(monkeypatch):
    digits = load_dataset("digits")
    leaky = replace(
        digits,
        test_images=np.concatenate([digits.test_images[:50], digits.train_images[:2]]),
        test_labels=np.concatenate([digits.test_labels[:50], digits.train_labels[:2]]),
        train_images=digits.train_images[:200],
        train_labels=digits.train_labels[:200],
    )
    monkeypatch.setattr("cnn_core.data.load.load_dataset", lambda *_args, **_how: leaky)
    told = CliRunner().invoke(app, ["datasets", "check", "digits", "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["across"]["exact"] == 2
    told = CliRunner().invoke(app, ["datasets", "check", "digits"])
    assert "2 test images are among the training images" in told.stdout
    assert CliRunner().invoke(app, ["datasets", "check", "nothing"]).exit_code != 0
