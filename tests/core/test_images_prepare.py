import io
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from cnn_core.errors import PictureError
from cnn_core.images.decode import decode_picture, picture_from_array
from cnn_core.images.fit import fit_to_frame
from cnn_core.images.frame import Frame
from cnn_core.images.prepare import prepare

FASHION = Frame(height=28, width=28, channels=1)
MNIST = Frame(height=28, width=28, channels=1, fill=20 / 28, centre="mass")
DIGITS = Frame(height=8, width=8, channels=1)
CIFAR = Frame(height=32, width=32, channels=3, background="natural")
FRAMES = [
    FASHION,
    MNIST,
    DIGITS,
    CIFAR,
    Frame(height=28, width=28, channels=1, background="light"),
    Frame(height=20, width=30, channels=3, background="light", fill=0.8, centre="mass"),
    Frame(height=96, width=96, channels=3),
]

# A T-shirt on a grid of 10×10.
SHIRT = np.array(
    [
        [0, 0, 1, 0, 0, 0, 0, 1, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 0, 1, 1, 1, 1, 1, 1, 0, 1],
        *[[0, 0, 1, 1, 1, 1, 1, 1, 0, 0]] * 6,
    ],
    bool,
)


def image_of(pixels, frame=FASHION):
    return prepare(picture_from_array(pixels, "test"), frame).image


def kind_of(pixels, frame=FASHION):
    return prepare(picture_from_array(pixels, "test"), frame).kind


def box_of(image):
    """First row, last row, first column, last column that are not black."""
    rows, columns = np.flatnonzero(image.any(axis=(1, 2))), np.flatnonzero(image.any(axis=(0, 2)))
    return rows[0], rows[-1], columns[0], columns[-1]


def shirt_mask(side=300, size=200, top=60, left=50):
    mask = np.zeros((side, side), bool)
    mask[top : top + size, left : left + size] = SHIRT.repeat(size // 10, axis=0).repeat(size // 10, axis=1)
    return mask


def drawing(strokes, paper=255, ink=0, width=10, side=280):
    canvas = np.full((side, side, 3), paper, np.uint8)
    for start, end in strokes:
        cv2.line(canvas, start, end, (ink,) * 3, width, cv2.LINE_AA)
    return canvas


def scene(garment=(30, 40, 70), seed=0, side=320):
    """A garment on a patterned carpet, with noise: what a phone sees."""
    noise = np.random.default_rng(seed)
    down, right = np.mgrid[0:side, 0:side]
    carpet = 150 + 35 * np.sin(down / 9)[..., None] + 25 * np.cos(right / 13)[..., None] * np.ones(3)
    carpet = carpet * (1.1, 0.9, 0.6)
    mask = shirt_mask(side)
    carpet[mask] = garment
    carpet += noise.normal(0, 6, carpet.shape)
    return carpet.clip(0, 255).astype(np.uint8), mask


# Larger than a dot.
STROKES = st.lists(
    st.tuples(*[st.tuples(st.integers(40, 200), st.integers(40, 200))] * 2), min_size=1, max_size=6
).filter(lambda strokes: max(np.ptp([point for stroke in strokes for point in stroke], axis=0)) > 40)


# --- images of the dataset ------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [FASHION, MNIST, DIGITS])
def test_an_image_of_the_dataset_passes_unchanged(frame):
    image = np.random.default_rng(1).integers(0, 256, (frame.height, frame.width), np.uint8)
    image[:2] = image[-2:] = 0
    prepared = prepare(picture_from_array(image, "test"), frame)
    assert prepared.kind == "dataset"
    assert np.array_equal(prepared.image[..., 0], image)


def test_a_colour_image_of_the_dataset_passes_unchanged():
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
    assert np.array_equal(image_of(image, CIFAR), image)


def test_an_image_of_the_datasets_size_but_dark_on_light_is_turned():
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 8:20] = 180
    assert np.array_equal(image_of(255 - image)[..., 0], image)


def test_for_a_light_frame_an_image_with_a_dark_background_is_turned():
    light = Frame(height=28, width=28, channels=1, background="light")
    image = np.full((28, 28), 255, np.uint8)
    image[5:23, 8:20] = 90
    assert np.array_equal(image_of(image, light)[..., 0], image)
    assert np.array_equal(image_of(255 - image, light)[..., 0], image)


def test_an_image_of_the_dataset_enlarged_pixel_by_pixel_is_recovered_exactly():
    image = np.random.default_rng(2).integers(0, 256, (28, 28), np.uint8)
    image[:3] = 0
    assert np.array_equal(image_of(image.repeat(10, axis=0).repeat(10, axis=1))[..., 0], image)


@pytest.mark.parametrize("is_turned", [False, True])
def test_an_image_of_the_dataset_enlarged_smoothly_is_nearly_recovered(is_turned):
    image = np.zeros((28, 28), np.uint8)
    down, right = np.mgrid[0:28, 6:22]
    image[:, 6:22] = 120 + 4 * down - 3 * np.abs(right - 14)
    large = cv2.resize(255 - image if is_turned else image, (280, 280), interpolation=cv2.INTER_LINEAR)
    assert np.abs(image_of(large)[..., 0].astype(int) - image).mean() < 8


# --- drawings -------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(strokes=STROKES, width=st.integers(4, 20))
def test_dark_on_light_and_light_on_dark_drawings_give_the_same_image(strokes, width):
    canvas = drawing(strokes, width=width)
    assert kind_of(canvas) == "drawing"
    assert np.array_equal(image_of(canvas), image_of(255 - canvas))


@settings(max_examples=30, deadline=None)
@given(strokes=STROKES, down=st.integers(-30, 60), right=st.integers(-30, 60))
def test_where_a_drawing_lies_on_the_canvas_does_not_count(strokes, down, right):
    canvas = drawing(strokes)
    # A drawing whose edges all fall on the grid of the frame would be taken for an enlarged image.
    moved = np.roll(canvas, (down, right), axis=(0, 1))
    assume(kind_of(canvas) == kind_of(moved) == "drawing")
    assert np.array_equal(image_of(canvas), image_of(moved))


@settings(max_examples=20, deadline=None)
@given(strokes=STROKES, ink=st.tuples(*[st.integers(0, 120)] * 3))
def test_the_colour_of_the_ink_does_not_count(strokes, ink):
    black = drawing(strokes)
    coverage = (255 - black.astype(float)) / 255
    coloured = np.rint(255 - coverage * (255 - np.array(ink))).astype(np.uint8)
    # Rounded to whole tones, the faintest pixel of an edge may count in one colour and not in the other. The box then
    # ends a pixel earlier, and so may the place in the frame.
    of_black, of_colour = image_of(black).astype(int), image_of(coloured).astype(int)
    nearest = min(
        np.abs(np.roll(of_colour, (down, right), axis=(0, 1)) - of_black).mean()
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )
    assert nearest <= 8


def test_the_longer_side_of_a_drawing_touches_the_frame_and_the_shorter_is_centred():
    canvas = np.full((280, 280, 3), 255, np.uint8)
    canvas[31:131, 200:250] = 0
    assert box_of(image_of(canvas)) == (0, 27, 7, 20)


def test_an_odd_pixel_goes_to_the_left_as_in_fashion_mnist():
    canvas = np.full((280, 280, 3), 255, np.uint8)
    canvas[31:171, 200:255] = 0  # scaled to 28×11
    assert box_of(image_of(canvas)) == (0, 27, 9, 19)


def test_a_digit_takes_20_of_28_pixels_around_its_mass():
    canvas = np.zeros((280, 280, 3), np.uint8)
    canvas[41:241, 101:121] = 255
    canvas[221:241, 101:221] = 255  # an L: its mass lies below the middle of its box
    image = image_of(canvas, MNIST)
    top, bottom, left, right = box_of(image)
    assert (bottom - top + 1, right - left + 1) == (20, 12)
    rows, columns = np.indices((28, 28))
    weights = image[..., 0] / image.sum()
    assert abs((weights * rows).sum() - 14) <= 0.5
    assert abs((weights * columns).sum() - 14) <= 0.5


def test_strokes_on_a_transparent_canvas_are_seen_in_black_and_in_white():
    strokes = [((60, 60), (200, 90)), ((100, 60), (120, 220))]
    coverage = drawing(strokes, paper=0, ink=255)[..., 0]
    for ink in (0, 255):
        canvas = np.dstack([np.full((280, 280, 3), ink, np.uint8), coverage])
        assert np.array_equal(image_of(canvas), image_of(drawing(strokes, paper=0, ink=255)))


def test_a_drawing_on_unevenly_lit_paper_is_read_like_one_on_a_canvas():
    strokes = [((80, 60), (200, 60)), ((80, 60), (80, 220)), ((80, 220), (200, 220))]
    canvas = drawing(strokes, ink=30).astype(float)
    light = np.linspace(0.65, 1.0, 280)[None, :, None]
    paper = canvas * light * 0.9 + np.random.default_rng(3).normal(0, 2, canvas.shape)
    prepared = prepare(picture_from_array(paper.clip(0, 255).astype(np.uint8), "paper"), FASHION)
    assert prepared.kind == "drawing"
    assert np.abs(prepared.image.astype(int) - image_of(drawing(strokes))).mean() < 12


def test_dust_beside_a_drawing_does_not_count():
    canvas = drawing([((60, 60), (200, 200)), ((60, 200), (200, 60))])
    dusty = canvas.copy()
    dusty[5:7, 5:7] = 0
    assert np.array_equal(image_of(dusty), image_of(canvas))


def test_a_fine_pen_is_as_white_as_a_broad_one():
    assert image_of(drawing([((40, 40), (240, 200))], width=2)).max() == 255


# --- products -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("background", "garment"), [(255, 20), (235, 120), (5, 200)])
def test_a_product_becomes_bright_on_black_whatever_its_background(background, garment):
    mask = shirt_mask()
    picture = np.full((300, 300, 3), background, np.uint8)
    folds = (30 * np.sin(np.arange(300) / 5)).astype(int)[:, None] + garment
    picture[mask] = np.broadcast_to(folds.clip(0, 255), (300, 300))[mask][:, None]
    prepared = prepare(picture_from_array(picture, "product"), FASHION)
    assert prepared.kind == "product"
    image = prepared.image[..., 0]
    assert image[20:, :4].max() == 0  # beside the body
    assert np.median(image[10:, 10:18]) >= 64


def test_a_black_garment_on_white_is_brighter_than_a_grey_one():
    """The negative of the product photo, as the images of Fashion-MNIST were made."""
    mask = shirt_mask()
    medians = []
    for tone in (40, 150):
        picture = np.full((300, 300, 3), 250, np.uint8)
        picture[mask] = tone
        picture[60:260:8][mask[60:260:8]] = tone + 60
        medians.append(np.median(image_of(picture)[10:, 10:18]))
    assert medians[0] > medians[1] + 60


def test_of_a_white_garment_on_white_the_inside_is_filled():
    mask = shirt_mask().astype(np.uint8)
    outline = mask - cv2.erode(mask, np.ones((5, 5), np.uint8))
    picture = np.full((300, 300, 3), 250, np.uint8)
    picture[outline > 0] = 225
    prepared = prepare(picture_from_array(picture, "white shirt"), FASHION)
    assert prepared.kind == "product"
    assert prepared.image[14:26, 10:18].min() >= 50


def test_a_garment_cut_out_with_transparency_is_found_by_it():
    mask = shirt_mask()
    for tone in (10, 245):
        folds = (tone + 10 * np.sin(np.arange(300) / 4))[:, None, None].clip(0, 255)
        picture = np.dstack([np.broadcast_to(folds, (300, 300, 3)), mask * 255]).astype(np.uint8)
        image = image_of(picture)[..., 0]
        assert image[20:, :4].max() == 0
        assert np.median(image[10:, 10:18]) > 150


# --- photos ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("garment", [(30, 40, 70), (20, 90, 200), (235, 235, 240)])
def test_a_garment_is_cut_out_of_a_patterned_background(garment):
    picture, mask = scene(garment)
    prepared = prepare(picture_from_array(picture, "photo"), FASHION)
    assert prepared.kind == "photo"
    # The oracle: the true outline, cropped and averaged to 28×28.
    expected = cv2.resize(mask[60:260, 50:250].astype(np.float32), (28, 28), interpolation=cv2.INTER_AREA) > 0.5
    garment_tone = np.median(prepared.image[..., 0][expected])
    assert garment_tone >= 50
    found = prepared.image[..., 0] > garment_tone / 2
    assert (found & expected).sum() / (found | expected).sum() > 0.95


def test_a_photo_without_an_object_is_taken_whole():
    noise = np.random.default_rng(4).integers(0, 256, (200, 200, 3), np.uint8)
    assert image_of(noise).shape == (28, 28, 1)


def test_a_photo_gives_the_same_image_every_time():
    picture, _ = scene()
    first = image_of(picture)
    cv2.setRNGSeed(99)
    assert np.array_equal(image_of(picture), first)


def test_a_photo_from_a_jpeg_file_of_twelve_megapixels_is_cut_out_too():
    picture, mask = scene()
    file = io.BytesIO()
    Image.fromarray(picture).resize((4000, 3000)).save(file, "JPEG", quality=80)
    prepared = prepare(decode_picture(file.getvalue(), "phone.jpg"), FASHION)
    assert prepared.kind == "photo"
    expected = cv2.resize(mask[60:260, 50:250].astype(np.float32), (28, 21), interpolation=cv2.INTER_AREA) > 0.5
    found = prepared.image[4:25, :, 0] > 20
    assert (found & expected).sum() / (found | expected).sum() > 0.85


# --- natural frames -------------------------------------------------------------------------------


def test_for_photos_in_colour_the_middle_square_is_scaled_and_nothing_is_cut_out():
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :32] = (255, 0, 0)
    picture[:, 32:64] = (0, 255, 0)
    picture[:, 64:96] = (0, 0, 255)
    image = image_of(picture, CIFAR)
    assert (image[:, :16] == (0, 255, 0)).all()
    assert (image[:, 16:] == (0, 0, 255)).all()


def test_natural_frames_may_be_grey():
    picture = np.full((64, 64, 3), 77, np.uint8)
    picture[:32] = 200
    image = image_of(picture, Frame(height=16, width=16, channels=1, background="natural"))
    assert image[:8].min() == image[:8].max() == 200
    assert image[8:].min() == image[8:].max() == 77


# --- any picture ----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    channels=st.sampled_from([1, 3, 4]),
    levels=st.sampled_from([2, 5, 256]),
    frame=st.sampled_from(FRAMES),
    seed=st.integers(0, 10**6),
)
def test_any_picture_becomes_an_image_of_the_frame_or_is_refused(height, width, channels, levels, frame, seed):
    noise = np.random.default_rng(seed).integers(0, levels, (height, width, channels))
    pixels = (noise * (255 // (levels - 1))).astype(np.uint8)
    picture = picture_from_array(pixels, "any")
    before = picture.rgb.copy()
    try:
        prepared = prepare(picture, frame)
    except PictureError:
        return
    assert prepared.image.shape == frame.shape
    assert prepared.image.dtype == np.uint8
    assert np.array_equal(prepared.stages[-1].image.reshape(frame.shape), prepared.image)
    assert all(stage.image.dtype == np.uint8 and stage.name and stage.why for stage in prepared.stages)
    prepared.image[:] = 7
    assert np.array_equal(picture.rgb, before)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    "pixels",
    [
        np.full((280, 280, 3), 255, np.uint8),
        np.zeros((280, 280, 4), np.uint8),
        np.full((28, 28), 90, np.uint8),
        np.full((1, 1, 3), 90, np.uint8),
    ],
    ids=["white", "transparent", "grey 28×28", "one pixel"],
)
def test_a_picture_with_nothing_in_it_says_so(pixels, frame):
    with pytest.raises(PictureError, match=r"'canvas' shows nothing: expected an object .* Draw something"):
        prepare(picture_from_array(pixels, "canvas"), frame)


@pytest.mark.parametrize("side", [1, 5, 16])
@pytest.mark.parametrize("is_dark", [True, False])
def test_a_dot_is_no_drawing(side, is_dark):
    canvas = np.full((280, 280, 3), 255 if is_dark else 0, np.uint8)
    canvas[100 : 100 + side, 150 : 150 + side] = 0 if is_dark else 255
    with pytest.raises(PictureError, match=r"'canvas' shows only a dot\. Draw larger"):
        prepare(picture_from_array(canvas, "canvas"), FASHION)


def test_a_short_stroke_and_a_tiny_icon_are_drawings():
    canvas = np.full((280, 280, 3), 255, np.uint8)
    canvas[100:140, 150:160] = 0
    assert image_of(canvas, FASHION).any()
    assert image_of(canvas[90:150, 120:180], FASHION).any()


def test_noisy_paper_with_nothing_on_it_says_so():
    paper = 230 + np.random.default_rng(5).normal(0, 1.2, (300, 300, 1)) * np.ones(3)
    with pytest.raises(PictureError, match="shows nothing"):
        prepare(picture_from_array(paper.clip(0, 255).astype(np.uint8), "paper"), FASHION)


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (2, 3000)])
@pytest.mark.parametrize("frame", FRAMES)
def test_a_long_strip_does_not_crash(shape, frame):
    pixels = np.zeros(shape, np.uint8)
    pixels[shape[0] // 3 :, shape[1] // 3 :] = 200
    assert image_of(pixels, frame).shape == frame.shape


def test_a_light_frame_shows_the_object_dark_on_white():
    light = Frame(height=28, width=28, channels=1, background="light")
    canvas = drawing([((60, 60), (200, 200)), ((60, 200), (200, 60))])
    assert np.array_equal(image_of(canvas, light), 255 - image_of(canvas, FASHION))


def test_the_stages_are_named_and_tell_why():
    picture, _ = scene()
    stages = prepare(picture_from_array(picture, "photo"), FASHION).stages
    assert [stage.name for stage in stages] == ["Picture", "Foreground", "Tones", "Crop", "Frame"]
    assert all(stage.why.endswith(".") for stage in stages)


# --- the frame ------------------------------------------------------------------------------------


def test_a_frame_is_checked_and_cannot_be_changed():
    for wrong in ({"height": 0}, {"channels": 2}, {"fill": 0}, {"fill": 1.5}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            Frame(**{"height": 28, "width": 28, "channels": 1, **wrong})
    with pytest.raises(ValidationError):
        FASHION.height = 3


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    fill=st.floats(0.1, 1),
    centre=st.sampled_from(["box", "mass"]),
)
def test_the_object_stays_whole_and_keeps_its_aspect(height, width, fill, centre):
    frame = Frame(height=28, width=28, channels=1, fill=fill, centre=centre)
    fitted, _ = fit_to_frame(np.full((height, width), 255, np.uint8), frame)
    top, bottom, left, right = box_of(fitted[..., None])
    scale = 28 * fill / max(height, width)
    assert abs((bottom - top + 1) - max(1, height * scale)) <= 0.5
    assert abs((right - left + 1) - max(1, width * scale)) <= 0.5


def test_preparing_a_picture_loads_neither_streamlit_nor_tensorflow_nor_keras():
    code = (
        "import sys, cnn_core.images.prepare, cnn_core.images.decode; "
        "print(sorted({'streamlit', 'tensorflow', 'keras'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
