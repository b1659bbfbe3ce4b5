import contextlib
import io
import os
import resource
import struct
import sys
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from cnn_core.errors import PictureError
from cnn_core.images import decode
from cnn_core.images.decode import (
    KEPT_SIDE,
    MAX_BYTES,
    MAX_SIDE,
    decode_picture,
    picture_from_array,
    read_picture,
)
from cnn_core.images.modes import exif_orientation

RED_LEFT_BLUE_RIGHT = np.zeros((20, 40, 3), np.uint8)
RED_LEFT_BLUE_RIGHT[:, :20] = (255, 0, 0)
RED_LEFT_BLUE_RIGHT[:, 20:] = (0, 0, 255)


def file_of(image, file_format, **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def png_that_declares(width, height):
    """A valid, tiny PNG header: 8-bit RGB of any declared size, with a few compressed bytes behind it."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(10_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_format_of_the_list_is_read_in_its_colours(file_format):
    if file_format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    data = file_of(Image.fromarray(RED_LEFT_BLUE_RIGHT), file_format)
    picture = decode_picture(data, "flag")
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.shape == (20, 40, 3)
    assert picture.alpha is None
    assert np.abs(picture.rgb[10, 5].astype(int) - (255, 0, 0)).max() < 12
    assert np.abs(picture.rgb[10, 35].astype(int) - (0, 0, 255)).max() < 12


def test_the_content_decides_the_format_not_the_ending():
    data = file_of(Image.fromarray(RED_LEFT_BLUE_RIGHT), "PNG")
    assert np.array_equal(decode_picture(data, "really-a-png.jpg").rgb, RED_LEFT_BLUE_RIGHT)


# EXIF 2.32, tag 0x0112: where the stored top row and left column belong in the upright picture.
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [[1, 2], [3, 4], [5, 6]]),
        (2, [[2, 1], [4, 3], [6, 5]]),
        (3, [[6, 5], [4, 3], [2, 1]]),
        (4, [[5, 6], [3, 4], [1, 2]]),
        (5, [[1, 3, 5], [2, 4, 6]]),
        (6, [[5, 3, 1], [6, 4, 2]]),
        (7, [[6, 4, 2], [5, 3, 1]]),
        (8, [[2, 4, 6], [1, 3, 5]]),
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_a_picture_is_turned_as_the_camera_was_held(orientation, upright, file_format):
    stored = np.array([[1, 2], [3, 4], [5, 6]], np.uint8) * 40
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode_picture(file_of(Image.fromarray(stored), file_format, exif=exif), "phone")
    assert np.array_equal(picture.rgb[..., 0], np.array(upright) * 40)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"garbage",
    ],
)
def test_a_damaged_exif_block_leaves_the_picture_as_it_is(exif):
    assert exif_orientation(exif) == 1


def test_sixteen_bit_grey_is_scaled_not_clipped_to_white():
    ramp = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    for file_format in ("PNG", "TIFF"):
        picture = decode_picture(file_of(Image.fromarray(ramp), file_format), "scan")
        assert picture.rgb[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 100.0, 255.0]], np.float32), [0, 100, 255]),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0, 65535, 257]], np.int32), [0, 255, 1]),
        (np.array([[0, 1, 7]], np.int32), [0, 1, 7]),
        (np.array([[0.0, np.nan, 1.0]], np.float32), [0, 0, 255]),
    ],
)
def test_deep_grey_of_any_range_becomes_eight_bits(values, expected):
    picture = decode_picture(file_of(Image.fromarray(values), "TIFF"), "measurement")
    assert picture.rgb[0, :, 0].tolist() == expected


def test_cmyk_becomes_rgb():
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    picture = decode_picture(file_of(cyan, "TIFF"), "print")
    assert picture.rgb[0, 0].tolist() == [0, 255, 255]


def test_a_palette_with_transparency_becomes_alpha():
    image = Image.new("P", (4, 2), 0)
    image.putpalette([0, 0, 0, 255, 128, 0])
    image.putpixel((1, 0), 1)
    for file_format in ("PNG", "GIF"):
        picture = decode_picture(file_of(image, file_format, transparency=0), "logo")
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[0, 255, 0, 0], [0, 0, 0, 0]]
        assert picture.rgb[0, 1].tolist() == [255, 128, 0]


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue")]
    for file_format in ("GIF", "WEBP", "PNG"):
        data = file_of(frames[0], file_format, save_all=True, append_images=frames[1:])
        assert decode_picture(data, "dance").rgb[3, 3, 0] > 240


def test_a_declared_size_of_900_megapixels_is_refused_before_a_pixel_is_decoded():
    data = png_that_declares(30_000, 30_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PictureError) as refusal:
        decode_picture(data, "huge.png")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    grown_megabytes = grown / (2**20 if sys.platform == "darwin" else 2**10)
    assert grown_megabytes < 20
    for words in ("huge.png", "30000×30000", "900 megapixels", "50 megapixels", "Scale it down"):
        assert words in str(refusal.value)


@pytest.mark.parametrize(("pixels", "together"), [(0, 1), (799, 1), (800, 4)])
def test_large_pictures_are_decoded_one_at_a_time_and_others_are_not(monkeypatch, pixels, together):
    data = file_of(Image.fromarray(RED_LEFT_BLUE_RIGHT), "PNG")
    monkeypatch.setattr(decode, "LARGE_PIXELS", pixels)
    barrier, decoding, most = threading.Barrier(4), [], []
    real = decode._decode

    def slowly(image):
        decoding.append(image)
        most.append(len(decoding))
        time.sleep(0.05)
        decoding.pop()
        return real(image)

    def one(_):
        barrier.wait()
        return decode_picture(data, "flag.png").rgb.shape

    monkeypatch.setattr(decode, "_decode", slowly)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(4))) == {(20, 40, 3)}
    assert max(most) == 1 if together == 1 else max(most) > 1


@pytest.mark.parametrize("action", ["ignore", "default", "error"])
def test_a_large_picture_raises_no_warning_of_pillow(action):
    # 100 megapixels: where Image.open warns, but does not yet refuse.
    with warnings.catch_warnings(record=action != "error") as caught:
        warnings.simplefilter(action)
        with pytest.raises(PictureError, match="10000×10000"):
            decode_picture(png_that_declares(10_000, 10_000), "large.png")
    assert not caught


def test_a_strip_longer_than_the_longest_side_is_refused():
    with pytest.raises(PictureError, match=f"up to 50 megapixels and {MAX_SIDE} pixels"):
        decode_picture(png_that_declares(MAX_SIDE + 1, 1), "strip.png")


def test_pillow_keeps_its_own_limits():
    before = (Image.MAX_IMAGE_PIXELS, warnings.filters[:])
    decode_picture(file_of(Image.new("RGB", (3, 3)), "PNG"), "small")
    assert (Image.MAX_IMAGE_PIXELS, warnings.filters[:]) == before


def test_large_photos_are_halved_until_they_are_small_enough_to_keep():
    photo = Image.linear_gradient("L").resize((2600, 1300))
    for file_format in ("JPEG", "PNG"):
        height, width = decode_picture(file_of(photo, file_format), "photo").rgb.shape[:2]
        assert KEPT_SIDE <= width < 2 * KEPT_SIDE
        assert width == 2 * height


FOREIGN = {
    "text file": b"label,pixel1\n3,0\n",
    "SVG drawing": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "web page": b"<!DOCTYPE html><html></html>",
    "PDF document": b"%PDF-1.7\n%\xe2\xe3",
    "HEIC photo": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "video": b"\0\0\0\x18ftypisom\0\0\0\0",
    "ZIP archive": b"PK\x03\x04\x14\0",
    "not a picture": b"\x00\x01\x02\x03" * 10,
}


@pytest.mark.parametrize("words", FOREIGN)
def test_what_is_no_picture_is_named_with_the_formats_that_are_read(words):
    with pytest.raises(PictureError) as refusal:
        decode_picture(FOREIGN[words], "thing.png")
    assert "'thing.png'" in str(refusal.value)
    assert words in str(refusal.value)
    assert "PNG, JPEG, WebP" in str(refusal.value)


def test_an_empty_file_is_called_empty():
    with pytest.raises(PictureError, match=r"'nothing\.png' is empty \(0 bytes\)"):
        decode_picture(b"", "nothing.png")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.03, 0.3, 0.7])
def test_a_truncated_picture_is_called_damaged(file_format, share):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    data = file_of(Image.fromarray(pixels), file_format)
    with pytest.raises(PictureError, match=r"'half\.img' is (damaged or incomplete|a text|not a picture)"):
        decode_picture(data[: max(4, int(len(data) * share))], "half.img")


@settings(max_examples=150, deadline=None)
@given(
    file_format=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
)
def test_a_damaged_picture_is_a_picture_or_a_picture_error(file_format, damage):
    data = bytearray(file_of(Image.fromarray(RED_LEFT_BLUE_RIGHT), file_format))
    for place, value in damage:
        data[int(place * len(data))] = value
    with contextlib.suppress(PictureError):
        assert decode_picture(bytes(data), "damaged").rgb.ndim == 3


def test_a_file_is_read_under_its_name(tmp_path):
    path = tmp_path / "flag.png"
    Image.fromarray(RED_LEFT_BLUE_RIGHT).save(path)
    picture = read_picture(path)
    assert picture.name == "flag.png"
    assert np.array_equal(picture.rgb, RED_LEFT_BLUE_RIGHT)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(PictureError, match=r"'none\.png' does not exist"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(PictureError, match="is a folder, expected a picture file"):
        read_picture(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_being_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError, match="not a regular file"):
        read_picture(tmp_path / "pipe.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_says_so(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(PictureError, match="change the permissions"):
        read_picture(path)


def test_a_file_with_too_many_bytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "film.png"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 2**20)
    with pytest.raises(PictureError, match=r"'film\.png' is too large: 65 MB, files of up to 64 MB"):
        read_picture(path)


def test_a_name_that_cannot_be_read_is_printed_as_one_short_line():
    with pytest.raises(PictureError) as refusal:
        decode_picture(b"", "a\nb\x1b[31m" + "x" * 500)
    assert "\n" not in str(refusal.value)
    assert "\x1b" not in str(refusal.value)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
def test_arrays_of_one_three_and_four_channels_become_pictures_of_their_own(shape):
    pixels = np.full(shape, 200, np.uint8)
    picture = picture_from_array(pixels, "canvas")
    pixels[:] = 0
    assert picture.rgb.shape == (5, 7, 3)
    assert (picture.rgb == 200).all()
    assert (picture.alpha is None) == (shape[-1] != 4)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((5, 5), np.float32),
        np.zeros((0, 5, 3), np.uint8),
        np.zeros((5, 5, 2), np.uint8),
        np.zeros((1, 5, 5, 3), np.uint8),
        np.zeros(5, np.uint8),
    ],
)
def test_an_array_that_is_no_picture_is_refused_with_its_shape_and_dtype(pixels):
    with pytest.raises(PictureError, match=r"expected uint8 pixels of shape .* got"):
        picture_from_array(pixels, "canvas")
