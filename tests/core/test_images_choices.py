"""What a person decides by hand, where the frame lies in the picture, and outlines that are filled."""

import itertools

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from cnn_core.errors import PictureError
from cnn_core.images.choices import Choices
from cnn_core.images.decode import picture_from_array
from cnn_core.images.frame import Frame
from cnn_core.images.outline import enclosed_by
from cnn_core.images.prepare import prepare

STROKES = Frame(height=28, width=28, channels=1)
BODIES = Frame(height=28, width=28, channels=1, is_filled=True)


def outline(gap=0, pen=10, side=280):
    """The outline of a box with a gap of so many pixels at its lower right, dark on light."""
    paper = np.full((side, side), 255, np.uint8)
    points = [(200 - gap, 220), (60, 220), (60, 60), (200, 60), (200, 220)]
    for start, end in itertools.pairwise(points):
        cv2.line(paper, start, end, 0, pen)
    return paper


def product(grey=40, background=235, top=40, left=30, height=120, width=80):
    picture = np.full((240, 320, 3), background, np.uint8)
    pattern = np.random.default_rng(0).integers(0, 90, (height, width, 1), np.uint8)
    picture[top : top + height, left : left + width] = grey + pattern
    return picture


def prepared(pixels, frame=STROKES, **choices):
    return prepare(picture_from_array(pixels, "test"), frame, Choices(**choices))


# --- outlines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [0, 6, 20, 45])
def test_an_outline_is_filled_also_where_its_strokes_do_not_meet(gap):
    ink = outline(gap) < 128
    shape = enclosed_by(ink)
    truth = np.zeros_like(ink)
    truth[55:226, 55:206] = True
    assert (shape & truth).sum() / (shape | truth).sum() > 0.97


def test_strokes_that_enclose_nothing_are_not_filled():
    ink = np.zeros((200, 200), bool)
    ink[20:180, 95:105] = True
    assert enclosed_by(ink) is None


def test_a_small_loop_in_a_large_drawing_is_no_body():
    paper = np.zeros((280, 280), np.uint8)
    cv2.line(paper, (20, 20), (20, 260), 255, 8)
    cv2.line(paper, (20, 260), (260, 260), 255, 8)
    cv2.circle(paper, (240, 40), 14, 255, 6)
    assert enclosed_by(paper > 0) is None


def test_between_the_legs_of_trousers_nothing_is_filled():
    paper = np.zeros((280, 280), np.uint8)
    legs = np.array([(60, 20), (220, 20), (240, 260), (170, 260), (140, 90), (110, 260), (40, 260)])
    cv2.polylines(paper, [legs], isClosed=True, color=255, thickness=8)
    shape = enclosed_by(paper > 0)
    assert shape[60, 140]
    assert not shape[230, 140]
    assert not shape[200, 140]


def test_a_frame_with_bodies_fills_and_one_of_strokes_does_not():
    inside = (slice(12, 16), slice(12, 16))
    assert prepared(outline(), BODIES).image[inside].min() > 0
    assert prepared(outline(), STROKES).image[inside].max() == 0
    assert prepared(outline(), BODIES, fill="open").image[inside].max() == 0
    assert prepared(outline(), STROKES, fill="filled").image[inside].min() > 0


def test_the_ink_stays_brighter_than_the_body_and_the_stage_says_so():
    result = prepared(outline(), BODIES)
    assert [stage.name for stage in result.stages] == ["Picture", "Foreground", "Tones", "Filled", "Crop", "Frame"]
    assert result.image.max() == 255
    assert 0 < result.image[14, 14, 0] < 160


# --- decided by hand ------------------------------------------------------------------------------


def test_nothing_decided_by_hand_is_what_the_picture_decides():
    pixels = product()
    one, other = prepare(picture_from_array(pixels, "test"), STROKES), prepared(pixels)
    assert np.array_equal(one.image, other.image)
    assert one.region == other.region


def test_polarity_by_hand():
    automatic, turned = prepared(product()), prepared(product(), polarity="turn")
    kept = prepared(product(), polarity="keep")
    assert np.array_equal(automatic.image, turned.image)
    inside = (slice(10, 18), slice(10, 18))
    assert kept.image[inside].mean() < turned.image[inside].mean()


def test_an_image_of_the_dataset_keeps_its_polarity_when_asked_to():
    image = np.full((28, 28), 255, np.uint8)
    image[8:20, 8:20] = 60
    assert np.array_equal(prepared(image).image[..., 0], 255 - image)
    assert np.array_equal(prepared(image, polarity="keep").image[..., 0], image)
    assert np.array_equal(prepared(255 - image, polarity="turn").image[..., 0], image)


def test_the_kind_by_hand_decides_how_the_object_is_found():
    for kind in ("drawing", "product", "photo", "dataset"):
        assert prepared(product(), kind=kind).kind == kind
    as_it_is = prepared(product(), kind="dataset")
    assert [stage.name for stage in as_it_is.stages] == ["Picture", "Frame"]


def test_the_whole_picture_can_be_the_object():
    result = prepared(product(), kind="photo", foreground="all")
    assert result.region == pytest.approx((0, -1 / 6, 1, 7 / 6), abs=0.03)
    assert "whole picture" in result.stages[1].why


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turning_is_clockwise_and_comes_first(turn):
    pixels = product()
    by_hand = np.rot90(pixels, -turn // 90)
    assert np.array_equal(prepared(pixels, turn=turn).image, prepared(np.ascontiguousarray(by_hand)).image)
    assert np.array_equal(prepared(pixels, turn=turn).stages[0].image, by_hand)


def test_a_crop_leaves_out_what_lies_beside_it():
    two = product()
    two[150:230, 200:300] = 10
    alone = product()
    crop = (0.0, 0.0, 0.5, 0.95)
    assert np.array_equal(prepared(two, crop=crop).image, prepared(alone, crop=crop).image)
    assert not np.array_equal(prepared(two).image, prepared(alone).image)
    assert prepared(two, crop=crop).stages[0].image.shape == two.shape


@pytest.mark.parametrize(
    "crop", [(0.5, 0, 0.4, 1), (0, 0.2, 1, 0.2), (0, 0, 0.001, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.5)]
)
def test_a_crop_without_an_inside_is_refused(crop):
    with pytest.raises(ValidationError):
        Choices(crop=crop)


def test_a_crop_with_nothing_in_it_says_so():
    with pytest.raises(PictureError, match="shows nothing"):
        prepared(product(), crop=(0.8, 0.8, 1, 1))


def test_the_smallest_crop_of_the_smallest_picture_does_not_crash():
    pixels = np.zeros((1, 3), np.uint8)
    pixels[0, 1] = 255
    with pytest.raises(PictureError):
        prepared(pixels, crop=(0.4, 0, 0.45, 1))


# --- where the frame lies -------------------------------------------------------------------------


def test_the_region_is_where_the_object_lies_in_the_picture():
    # 120 rows high: the frame is as high as the object and 120 columns wide around its middle, column 70.
    left, top, right, bottom = prepared(product()).region
    assert (left * 320, right * 320) == pytest.approx((10, 130), abs=4)
    assert (top * 240, bottom * 240) == pytest.approx((40, 160), abs=2)


def test_the_region_counts_in_the_turned_picture_and_outside_of_a_crop():
    left, top, right, bottom = prepared(product(), turn=90).region
    # Turned clockwise the object lies in rows 30 to 110 and columns 80 to 200 of 320 rows and 240 columns.
    assert (left * 240, right * 240) == pytest.approx((80, 200), abs=2)
    assert (top * 320, bottom * 320) == pytest.approx((10, 130), abs=4)
    cropped = prepared(product(), crop=(0.02, 0.05, 0.6, 0.9)).region
    assert cropped == pytest.approx(prepared(product()).region, abs=0.02)


def test_of_a_natural_picture_the_region_is_the_middle_square():
    frame = Frame(height=32, width=32, channels=3, background="natural")
    noise = np.random.default_rng(0).integers(0, 256, (100, 200, 3), np.uint8)
    assert prepared(noise, frame).region == pytest.approx((0.25, 0, 0.75, 1))
