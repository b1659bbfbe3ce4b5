"""The map of a dataset's images: its linear and its neighbours' arrangement, its thumbnails, its colours."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.load import load_dataset
from cnn_core.data.understand import image_map, small
from cnn_core.data.understand.image_map import Drawn, draw_images, linear_map, make_map, read_map
from cnn_core.data.understand.small import sheet_of, vectors_of
from cnn_core.errors import DatasetError, RunError
from cnn_core.figures.colours import MARK, SERIES
from cnn_core.figures.image_map import class_colours, map_drawing
from cnn_core.figures.picture_sizes import picture_sizes_figure
from cnn_core.jobs.job import Job, JobRequest
from cnn_core.jobs.work import KINDS, CancelledError
from tests.own_pictures import brought, class_folders


class Heard:
    """Work that notes what it is told, and may be asked to stop."""

    def __init__(self, path, dataset="digits", stops_at=None):
        self.job, self.told, self.stops_at = Job(path), [], stops_at
        path.mkdir(exist_ok=True)
        request = JobRequest(kind="map", key="k", settings={"dataset": dataset}, created=0.0)
        (path / "request.json").write_text(request.model_dump_json())

    def tell(self, share, doing=""):
        self.told.append((share, doing))

    def should_stop(self):
        return self.stops_at is not None and len(self.told) >= self.stops_at


@pytest.fixture(scope="module")
def digits():
    return draw_images(load_dataset("digits"))


# Small


def test_an_image_of_many_values_is_compared_by_its_averages():
    images = np.zeros((2, 64, 64, 3), np.uint8)
    images[1, :, 32:] = 255
    vectors = vectors_of(images)
    assert vectors.shape == (2, 16 * 16 * 3)
    assert vectors.dtype == np.float32
    assert vectors[1].mean() == pytest.approx(0.5)
    assert vectors_of(images[:, :8, :8]).shape == (2, 192)


@pytest.mark.parametrize("shape", [(5, 8, 8, 1), (7, 32, 20, 3), (1, 9, 9, 3)])
def test_a_sheet_has_every_thumbnail_in_its_place(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    sheet = sheet_of(images)
    assert (sheet.kind, sheet.width, sheet.height) == ("png", shape[2], shape[1])
    pixels = np.asarray(Image.open(io.BytesIO(sheet.data))).reshape(-1, sheet.columns * sheet.width, shape[3])
    for place, image in enumerate(images):
        top, left = place // sheet.columns * sheet.height, place % sheet.columns * sheet.width
        assert np.array_equal(pixels[top : top + sheet.height, left : left + sheet.width], image)


def test_large_images_become_small_thumbnails():
    sheet = sheet_of(np.full((3, 256, 128, 3), 90, np.uint8))
    assert (sheet.width, sheet.height) == (24, 48)


def test_a_large_sheet_is_no_png(monkeypatch):
    monkeypatch.setattr(small, "_MOST_EXACT_BYTES", 100)
    sheet = sheet_of(np.full((9, 16, 16, 1), 90, np.uint8))
    assert sheet.kind == Image.open(io.BytesIO(sheet.data)).format.lower() == "webp"


# Maps


def test_large_images_are_drawn_in_smaller_numbers(monkeypatch):
    dataset = load_dataset("digits")
    monkeypatch.setattr(image_map, "_MOST_BYTES", 64 * 200)
    drawn = draw_images(dataset)
    assert len(drawn.places) == 200
    assert np.array_equal(drawn.images, dataset.train_images[drawn.places])
    assert np.bincount(drawn.labels).min() >= 18


def test_the_linear_map_is_that_of_the_singular_vectors(digits):
    found = linear_map(digits)
    vectors = digits.images.reshape(len(digits.images), -1) / 255.0
    centred = vectors - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    for axis in range(2):
        # Each axis may point either way.
        assert abs(np.corrcoef(found.points[:, axis], left[:, axis])[0, 1]) == pytest.approx(1, abs=1e-4)
    assert found.explained == pytest.approx((sizes[:2] ** 2).sum() / (sizes**2).sum(), abs=1e-4)
    assert np.abs(found.points).max() == pytest.approx(1)


def test_images_that_are_all_alike_lie_in_one_place():
    images = np.full((4, 8, 8, 1), 7, np.uint8)
    found = linear_map(Drawn(np.arange(4), np.array([0, 0, 1, 1]), images))
    assert not found.points.any()
    assert found.explained == 0


def test_neighbours_are_arranged_in_the_background(tmp_path, monkeypatch):
    monkeypatch.setattr(image_map, "MOST_IMAGES", 200)
    monkeypatch.setattr(image_map, "_STEPS", 300)
    assert KINDS[image_map.KIND].endswith("image_map.make_map")
    work = Heard(tmp_path / "job")
    result = make_map(work)
    found = read_map(work.job)
    assert result.count == len(found.points) == 200
    assert np.abs(found.points).max() == pytest.approx(1)
    shares = [share for share, _ in work.told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert "step 300 of 300" in work.told[-1][1]
    # Images of a class lie together: of most, the nearest one has the same label.
    labels = load_dataset("digits").train_labels[found.places]
    distances = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.8


def test_a_map_that_nobody_wants_any_more_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(image_map, "MOST_IMAGES", 200)
    work = Heard(tmp_path / "job", stops_at=4)
    with pytest.raises(CancelledError):
        make_map(work)
    assert not (work.job.path / "map.npz").exists()


def test_a_handful_of_images_has_no_neighbours(tmp_path):
    brought(class_folders(tmp_path / "pictures", count=5))
    with pytest.raises(DatasetError, match="needs at least 10"):
        make_map(Heard(tmp_path / "job", "mine"))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 half"])
def test_a_damaged_map_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / "map.npz").write_bytes(content)
    with pytest.raises(RunError, match="Make it again"):
        read_map(Job(tmp_path))


# Drawings


def test_few_classes_all_have_a_colour_that_stays_theirs():
    labels = np.repeat(np.arange(4), 3)
    colours = class_colours(labels, 4, [])
    assert (colours.labels, colours.colours, colours.is_all) == ((0, 1, 2, 3), SERIES[:4], True)
    chosen = class_colours(labels, 4, [2])
    assert (chosen.labels, chosen.colours, chosen.is_all) == ((2,), (SERIES[2],), False)


def test_of_many_classes_the_largest_or_the_chosen_are_coloured():
    labels = np.repeat(np.arange(50), np.arange(50) + 1)
    assert class_colours(labels, 50, []).labels == tuple(range(44, 50))
    assert class_colours(labels, 50, [7, 3, 7]).labels == (7, 3)
    assert len(class_colours(labels, 50, range(30)).labels) == len(SERIES)


def test_a_drawing_has_every_point_its_class_and_its_colour():
    points = np.array([[-1, -0.5], [1, 0.5], [0, 0]], np.float32)
    names = [f"class {label}" for label in range(20)]
    labels = np.array([4, 9, 4])
    drawing = map_drawing(points, labels, names, class_colours(labels, 20, [9, 15]))
    assert drawing["x"] == [0, 10_000, 5000]
    # Downwards, as on a screen.
    assert drawing["y"] == [7500, 2500, 5000]
    assert [drawing["names"][kind] for kind in drawing["classes"]] == ["class 4", "class 9", "class 4"]
    assert (drawing["colours"], drawing["grey"]) == ([MARK, SERIES[0]], [True, False])
    # Class 15 is not on the map.
    assert drawing["legend"] == [1]
    json.dumps(drawing)


def test_the_chart_of_sizes_counts_equal_ones():
    figure = picture_sizes_figure(np.array([[40, 30], [40, 30], [10, 10]]), width=32, height=32)
    points = figure["data"][1]
    assert sorted(zip(points["x"].tolist(), points["y"].tolist(), points["customdata"], strict=True)) == [
        (10, 10, 1),
        (40, 30, 2),
    ]
    sizes = np.stack([np.arange(1, 2001), np.arange(1, 2001)], axis=1)
    assert len(picture_sizes_figure(sizes, width=8, height=8)["data"][1]["x"]) == 600
