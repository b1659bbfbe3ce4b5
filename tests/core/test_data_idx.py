"""IDX streams written by hand."""

import numpy as np
import pytest

from cnn_core.data.idx import idx_header, read_idx
from cnn_core.errors import DatasetError

# Two images of 2 rows and 3 columns: magic 00000803, then 2, 2, 3, then the pixels row by row.
TWO_IMAGES = bytes.fromhex("00000803 00000002 00000002 00000003 010203 040506 0708ff 000a0b")
THREE_LABELS = bytes.fromhex("00000801 00000003 09 00 02")


def test_images_come_out_in_rows_and_columns():
    images = read_idx(TWO_IMAGES, "two")
    assert images.dtype == np.uint8
    assert images.tolist() == [[[1, 2, 3], [4, 5, 6]], [[7, 8, 255], [0, 10, 11]]]


def test_labels_come_out_in_one_dimension():
    assert read_idx(THREE_LABELS, "three").tolist() == [9, 0, 2]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_is_read_cannot_be_written(kind):
    images = read_idx(kind(TWO_IMAGES), "two")
    with pytest.raises(ValueError, match="read-only"):
        images[0, 0, 0] = 7


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "0 bytes in all"),
        (b"\x00\x00\x08", "3 bytes in all"),
        (TWO_IMAGES[:10], "a header of 16 bytes, found 10 bytes"),
        (TWO_IMAGES[:-1], "28 bytes for 2 × 2 × 3 values, found 27 bytes"),
        (TWO_IMAGES + b"\x00", "28 bytes for 2 × 2 × 3 values, found 29 bytes"),
        (b"<html><body>Please log in", "found 3c68746d"),
        (bytes.fromhex("00000d01 00000001 00000000"), "found 00000d01"),  # float values
        (bytes.fromhex("00000800"), "found 00000800"),  # no dimension
        # Sizes whose product does not fit 64 bits.
        (bytes.fromhex("00000803") + b"\xff" * 12, "found 16 bytes"),
    ],
)
def test_a_damaged_stream_is_named_with_what_was_expected_and_found(payload, told):
    with pytest.raises(DatasetError, match="'my-images'") as caught:
        read_idx(payload, "my-images")
    assert told in str(caught.value)
    assert "delete it" in str(caught.value)


def test_the_header_is_what_stands_before_the_values():
    assert idx_header((2, 2, 3)) == TWO_IMAGES[:16]
    assert idx_header((3,)) == THREE_LABELS[:8]
