"""What a person brings, whatever it is: a picture, or a sentence; and after each bad one the batch goes on."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import PictureError
from cnn_core.images.sources import sources_at, sources_in
from cnn_core.inference.classifier import Answer, Classifier
from cnn_core.runs.record import DataFacts

CARD = dataset_card("digits")
FACTS = DataFacts(title=CARD.title, class_names=CARD.class_names, checksum=CARD.checksum, frame=CARD.frame)
RANDOM = np.random.default_rng(0)


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def canvas(*, paper=255, ink=None, side=0):
    pixels = np.full((280, 280, 3), paper, np.uint8)
    if ink is not None:
        pixels[100 : 100 + side, 100 : 100 + side] = ink
    return png(pixels)


def jpeg_that_declares(width, height):
    """The beginning of a JPEG of that size, as far as the sizes go."""
    size = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(size)) + size + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


def zip_of(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


GOOD = png(RANDOM.integers(0, 256, (8, 8), np.uint8))
BAD = {
    "an empty canvas": (png(np.zeros((280, 280, 4), np.uint8)), "shows nothing"),
    "one dot": (canvas(ink=0, side=10), "only a dot"),
    "a bright dot": (canvas(paper=0, ink=255, side=3), "only a dot"),
    "black": (canvas(paper=0), "shows nothing"),
    "white": (canvas(), "shows nothing"),
    "1×1": (png(np.zeros((1, 1, 3), np.uint8)), "shows nothing"),
    "1×5000": (png(np.full((5000, 1, 3), 77, np.uint8)), "shows nothing"),
    "200 megapixels": (jpeg_that_declares(20_000, 10_000), "200 megapixels"),
    "SVG": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
    "PDF": (b"%PDF-1.7 and more", "a PDF document"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
    "nothing": (b"", "is empty"),
    "a ZIP of nothing": (zip_of(), "without a picture"),
    "a damaged ZIP": (b"PK\x03\x04 and no more", "is damaged"),
    "a nested ZIP": (zip_of(**{"inner.zip": zip_of(**{"a.png": GOOD})}), "a ZIP inside the ZIP"),
    "a bomb": (zip_of(**{"bomb.png": GOOD + bytes(80 * 2**20)}), "too large"),
}


def test_every_bad_picture_of_a_batch_is_a_sentence_and_the_good_ones_between_are_answered():
    classifier = Classifier(lambda images: np.zeros((len(images), 10), np.float32), FACTS, None)
    readers = []
    for name, (data, _) in BAD.items():
        readers += [source.read for source in sources_in(data, name)]
        readers += [source.read for source in sources_in(GOOD, "good.png")]
    found = list(classifier.classify_many(readers))
    assert all(isinstance(one, Answer) for one in found[1::2])
    for (name, (_, words)), sentence in zip(BAD.items(), found[::2], strict=True):
        assert isinstance(sentence, PictureError), name
        assert words in str(sentence)
        assert str(sentence).startswith(f"'{name}")
        assert str(sentence).endswith(".")


@pytest.mark.parametrize("shape", [(5000, 1, 3), (1, 5000, 3), (2, 2, 3)])
def test_a_picture_of_an_odd_shape_is_answered_or_told(shape):
    (source,) = sources_in(png(RANDOM.integers(0, 256, shape, np.uint8)), "odd.png")
    classifier = Classifier(lambda images: np.zeros((len(images), 10), np.float32), FACTS, None)
    (found,) = classifier.classify_many([source.read])
    assert isinstance(found, (Answer, PictureError))


def test_a_file_is_one_picture_and_a_zip_as_many_as_it_holds():
    assert [(source.name, source.place) for source in sources_in(GOOD, "a.png")] == [("a.png", 0)]
    found = sources_in(zip_of(**{"x/": b"", "x/a.png": GOOD, "b.png": GOOD}), "many.zip")
    assert [source.name for source in found] == ["many.zip/x/a.png", "many.zip/b.png"]
    assert len({source.place for source in found}) == 2
    assert {source.read().rgb.shape for source in found} == {(8, 8, 3)}


def test_what_is_left_out_of_a_zip_is_counted_and_is_no_picture(tmp_path):
    data = zip_of(**{f"{i}.png": b"x" for i in range(1002)})
    found = sources_in(data, "many.zip")
    assert (len(found), found.left_out) == (1000, 2)
    assert "2 are left out" in found.warning
    path = tmp_path / "many.zip"
    path.write_bytes(data)
    *_, last = sources_at(path)
    with pytest.raises(PictureError, match="2 are left out"):
        last.read()
    one = sources_in(GOOD, "a.png")
    assert (one.left_out, one.warning) == (0, None)


def test_a_path_is_named_as_it_was_typed(tmp_path):
    path = tmp_path / "many.zip"
    path.write_bytes(zip_of(**{"in/a.png": GOOD}))
    assert [source.name for source in sources_at(path)] == [f"{path}/in/a.png"]
    (missing,) = sources_at(tmp_path / "none.png")
    assert missing.name == str(tmp_path / "none.png")
    with pytest.raises(PictureError, match="does not exist"):
        missing.read()


def test_an_interlaced_bomb_inside_a_zip_is_refused_by_its_size_in_pixels():
    # 30,000 × 30,000 pixels of one colour, in a PNG of a few bytes.
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 1)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    (source,) = sources_in(zip_of(**{"a.png": data}), "many.zip")
    with pytest.raises(PictureError, match="900 megapixels"):
        source.read()
