"""What comes in is what was packed, whatever else lies beside it; what is killed half-way is never seen."""

import io
import os
import struct
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.data.own import bring, reading
from cnn_core.data.own.bring import bring_in
from cnn_core.data.own.incoming import incoming
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.listing import FileRow, read_files, read_left_out
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.sources import open_source
from cnn_core.data.own.store import load_own, own_names, read_card, remove_own
from cnn_core.errors import DatasetError, StorageError
from cnn_core.images.decode import MAX_BYTES, decode_picture
from tests.own_sources import brought, class_folders, folder_at, nothing_is_left, png, zip_at

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, for every test."""
    folder = tmp_path / "data"
    monkeypatch.setenv("CNN_LAB_DATA", str(folder))
    return folder


def encoded(array, kind="PNG", **how):
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **how)
    return file.getvalue()


def turned_photo():
    """A JPEG of 40×20 pixels that says that it stands on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(np.full((20, 40, 3), 90, np.uint8), "JPEG", exif=exif)


def animation():
    frames = [Image.new("P", (9, 9), shade) for shade in (10, 200)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def pixel_bomb(side=40_000):
    """A PNG of a few bytes that says that it has more than a thousand million pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def test_sizes_of_the_pictures_are_written_down_upright(data, tmp_path):
    files = {f"cat/{number}.png": png(number, (30 + number, 20)) for number in range(6)}
    files |= {f"dog/{number}.jpg": turned_photo() for number in range(6)}
    large = io.BytesIO()
    Image.new("RGB", (4100, 2050)).save(large, "JPEG")
    files["dog/large.jpg"] = large.getvalue()
    card = brought(zip_at(tmp_path / "pets.zip", files))
    rows = [row for part in ("train", "test") for row in read_files(data / "pets", part)]
    sizes = {row.name: (row.width, row.height) for row in rows}
    assert len(rows) == card.train_count + card.test_count == 13
    assert sizes["cat/3.png"] == (33, 20)
    assert sizes["dog/1.jpg"] == (20, 40)
    # Although it is halved while it is decoded.
    assert sizes["dog/large.jpg"] == (4100, 2050)
    assert not (data / "pets" / "train_groups.npy").exists()
    assert "group" not in (data / "pets" / "train_files.csv").read_text()


def test_groups_are_kept_beside_the_training_images(data, tmp_path):
    rows = ["file,label,group"]
    files = {}
    for number in range(40):
        files[f"{number}.png"] = png(number)
        rows.append(f"{number}.png,{'ab'[number % 2]},{'' if number < 8 else f'person {number // 4}'}")
    brought(zip_at(tmp_path / "pets.zip", {"labels.csv": "\n".join(rows), **files}))
    groups = np.load(data / "pets" / "train_groups.npy")
    train, test = (read_files(data / "pets", part) for part in ("train", "test"))
    assert groups.dtype == np.int64
    assert [FileRow(row.name, 12, 10, row.group) for row in train] == train
    # The same number for the same name, and none for none.
    assert len(groups) == len(train)
    assert {(row.group, int(number)) for row, number in zip(train, groups, strict=True)} == {
        (name, number - 1) for number, name in enumerate(dict.fromkeys(["", *(row.group for row in train)]))
    }
    assert not {row.group for row in train} & {row.group for row in test} - {""}


def test_groups_that_a_table_puts_into_both_parts_are_told(tmp_path):
    rows = ["file,label,split,group"]
    rows += [f"{n}.png,{'ab'[n % 2]},{'test' if n % 3 == 0 else 'train'},{'anna' if n < 6 else n}" for n in range(20)]
    files = {f"{number}.png": png(number) for number in range(20)}
    layout = read_layout(open_source(zip_at(tmp_path / "pets.zip", {"labels.csv": "\n".join(rows), **files})))
    assert len(layout.warnings) == 1
    assert "The group 'anna' is in both training and test" in layout.warnings[0]


def test_a_folder_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = folder_at(tmp_path / "pets", class_folders())
    real = os.scandir

    def scandir(folder):
        if str(folder).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DatasetError, match="dog' cannot be read"):
        read_layout(open_source(path))


def test_counts_of_each_class_stand_on_the_card(tmp_path):
    files = {**class_folders(("cat",), 30), **class_folders(("dog",), 10)}
    card = brought(zip_at(tmp_path / "pets.zip", files))
    assert (card.train_counts, card.test_counts) == ((24, 8), (6, 2))
    assert read_card("pets") == card
    # A card of an older version says nothing of them.
    older = card.model_dump(exclude={"train_counts", "test_counts"})
    assert type(card).model_validate(older).train_counts == ()


def test_pictures_of_every_kind_come_in_and_what_is_none_is_listed(data, tmp_path):
    grey = np.full((9, 9), 77, np.uint8)
    good = {
        "cat/alpha.png": encoded(np.full((9, 9, 4), 128, np.uint8)),
        "cat/animated.gif": animation(),
        "cat/deep.png": encoded(np.full((9, 9), 40_000, np.uint16)),
        "cat/cmyk.jpg": encoded(np.full((9, 9, 3), 60, np.uint8), "JPEG"),
        "cat/one pixel.bmp": encoded(np.full((1, 1, 3), 5, np.uint8), "BMP"),
        "dog/wide.webp": encoded(np.full((3, 200, 3), 9, np.uint8), "WEBP"),
        "dog/tall.tiff": encoded(np.full((200, 3), 9, np.uint8), "TIFF"),
        "dog/wrong ending.jpg": encoded(grey),
        "dog/Ünïcödé 猫 🐈.png": encoded(grey),
        'dog/a\nb,"c".png': encoded(grey),
    }
    half = encoded(np.random.default_rng(0).integers(0, 255, (60, 60, 3)).astype(np.uint8), "JPEG")
    bad = {
        "cat/half.jpg": half[: len(half) // 2],
        "cat/words.jpg": b"these are words",
        "cat/empty.png": b"",
        "dog/bomb.png": pixel_bomb(),
        "dog/inner.zip": b"PK\x03\x04 a ZIP in the ZIP",
        "dog/page.jpg": b"<html>404 Not found</html>",
    }
    card = brought(zip_at(tmp_path / "pets.zip", {**good, **bad}))
    assert card.train_count + card.test_count == len(good)
    rows = [row.name for part in ("train", "test") for row in read_files(data / "pets", part)]
    assert sorted(rows) == sorted(good)
    left_out = dict(read_left_out(data / "pets"))
    assert set(left_out) == set(bad)
    assert left_out["dog/bomb.png"].startswith("is too large: it has 40000×40000 pixels")


def test_a_file_that_would_unpack_to_gigabytes_is_left_out_unread(data, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in class_folders().items():
            archive.writestr(name, content)
        with archive.open("cat/bomb.png", "w") as file:
            for _ in range(MAX_BYTES // 2**20 + 1):
                file.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    assert brought(path).left_out == 1
    assert "too large" in dict(read_left_out(data / "pets"))["cat/bomb.png"]


@pytest.mark.parametrize("what", ["truncated", "wrong sum", "flipped"])
def test_a_zip_that_was_damaged_on_its_way_gives_what_is_whole(tmp_path, what):
    path = zip_at(tmp_path / "pets.zip", class_folders(count=20))
    content = bytearray(path.read_bytes())
    if what == "truncated":
        del content[len(content) // 2 :]
    else:
        # Inside the first pictures, or their heads.
        for place in range(60, 400, 90 if what == "flipped" else 337):
            content[place] ^= 0xFF
    path.write_bytes(content)
    if what == "truncated":
        with pytest.raises(DatasetError, match="no ZIP, or a damaged one"):
            open_source(path)
        return
    card = brought(path)
    assert card.left_out >= 1
    assert card.train_count + card.test_count + card.left_out == 40


def test_one_image_a_class_cannot_be_divided(tmp_path):
    with pytest.raises(DatasetError, match="0 of 2 classes are left"):
        brought(zip_at(tmp_path / "pets.zip", class_folders(count=1)), fewest=2)


def test_a_file_that_grows_while_it_is_read_is_read_up_to_a_limit(tmp_path, monkeypatch):
    folder_at(tmp_path / "pets", class_folders())
    grown = tmp_path / "pets" / "cat" / "0.png"
    small = grown.stat()
    with grown.open("ab") as file:
        file.truncate(MAX_BYTES + 100)
    real = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **how: small if path == grown else real(path, **how))
    card = brought(tmp_path / "pets")
    assert (card.left_out, card.train_count + card.test_count) == (1, 11)


def test_a_folder_that_vanishes_on_the_way_is_told_and_nothing_is_left(data, tmp_path):
    source = open_source(folder_at(tmp_path / "pets", class_folders()))
    layout = read_layout(source)
    (tmp_path / "pets").rename(tmp_path / "elsewhere")
    asked = own_settings({"name": "pets", "title": "Pets"})
    with pytest.raises(DatasetError, match="has no training image that could be read"):
        bring_in(source, layout, asked, on_progress=[].append, should_stop=lambda: False)
    assert nothing_is_left(data)


def test_a_disk_that_is_too_small_is_told_at_once(data, tmp_path, monkeypatch):
    usage = bring.shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(bring.shutil, "disk_usage", lambda _path: usage)
    read = []
    monkeypatch.setattr(reading, "decode_picture", lambda *_: read.append(1))
    with pytest.raises(StorageError, match=r"has 1 MB left\. Make room, choose smaller images"):
        brought(zip_at(tmp_path / "pets.zip", class_folders()))
    assert nothing_is_left(data)
    assert not read


def test_a_disk_that_fills_up_in_the_middle_is_told_and_nothing_is_left(data, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bring.ImageFile, "append", full)
    with pytest.raises(StorageError, match=r"could not be written \(No space left on device\)"):
        brought(zip_at(tmp_path / "pets.zip", class_folders()))
    assert nothing_is_left(data)


def test_a_name_that_is_taken_meanwhile_is_told_and_what_is_there_stays(data, tmp_path):
    path = zip_at(tmp_path / "pets.zip", class_folders())
    source = open_source(path)
    asked = own_settings({"name": "pets", "title": "Second"})

    def somebody_else(_progress):
        if not own_names():
            brought(path, title="First")

    with pytest.raises(DatasetError, match="The name 'pets' is taken"):
        bring_in(source, read_layout(source), asked, on_progress=somebody_else, should_stop=lambda: False)
    assert read_card("pets").title == "First"
    assert sorted(entry.name for entry in data.iterdir()) == [".lock", "pets"]


KILLED = """
import os, signal, sys
from pathlib import Path
from cnn_core.data.own.bring import bring_in
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.sources import open_source

source = open_source(Path(sys.argv[1]))
asked = own_settings({"name": "pets", "title": "Pets"})
calls = iter(range(30))
die = lambda: next(calls) == 20 and os.kill(os.getpid(), signal.SIGKILL)
bring_in(source, read_layout(source), asked, on_progress=print, should_stop=die)
"""


def test_what_a_killed_process_left_is_never_seen_and_cleaned_away_by_the_next(data, tmp_path):
    path = zip_at(tmp_path / "pets.zip", class_folders(count=30))
    process = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, env={**os.environ}, timeout=60)
    assert process.returncode == -9
    halves = list(data.glob(".incoming-*"))
    assert len(halves) == 1
    assert (halves[0] / "train_images.npy").exists()
    assert own_names() == []
    brought(path)
    assert sorted(entry.name for entry in data.iterdir()) == [".lock", "pets"]


def test_what_others_are_bringing_in_is_left_alone(data):
    with incoming() as first, incoming() as second:
        assert first.path.is_dir()
        assert second.path.is_dir()
    assert nothing_is_left(data)


LABELS = st.text(st.characters(categories=["L", "N"], max_codepoint=0x4FFF), min_size=1, max_size=5)
# Signs that look alike are one class, whichever way a computer has written them.
LABELS = LABELS.map(lambda label: unicodedata.normalize("NFC", label))
NOISE = st.sampled_from([b"", b"words", png()[:30], pixel_bomb(9000), b"PK\x03\x04", bytes(200)])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    classes=st.dictionaries(LABELS, st.integers(1, 6), min_size=1, max_size=5),
    bad=st.lists(st.tuples(st.integers(0, 9), NOISE), max_size=5),
    base=st.sampled_from(["", "set/", "a/b/"]),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    channels=st.sampled_from([1, 3]),
)
def test_what_comes_in_is_what_was_packed(data, tmp_path, classes, bad, base, method, channels):
    rng = np.random.default_rng(0)
    packed = {}
    with zipfile.ZipFile(tmp_path / "some.zip", "w", method) as archive:
        for label, count in classes.items():
            for number in range(count):
                pixels = rng.integers(0, 255, (8, 8) if channels == 1 else (8, 8, 3)).astype(np.uint8)
                name = f"{base}{label}/{number}.png"
                packed[name] = (label, pixels.reshape(8, 8, channels))
                archive.writestr(name, encoded(pixels))
        for number, (place, content) in enumerate(bad):
            archive.writestr(f"{base}{list(classes)[place % len(classes)]}/bad {number}.jpg", content)
    try:
        card = brought(tmp_path / "some.zip", fewest=2, channels=channels)
    except DatasetError:
        assert nothing_is_left(data)
        return
    dataset, seen = load_own("pets"), set()
    for part, images, labels in (
        ("train", dataset.train_images, dataset.train_labels),
        ("test", dataset.test_images, dataset.test_labels),
    ):
        for row, image, label in zip(read_files(data / "pets", part), images, labels, strict=True):
            its_label, pixels = packed[row.name]
            assert dataset.class_names[label] == its_label
            np.testing.assert_array_equal(image, pixels)
            seen.add(row.name)
    # All of the classes that are there, and nothing else.
    assert seen == {name for name, (label, _) in packed.items() if label in card.class_names}
    assert card.left_out == sum(list(classes)[place % len(classes)] in card.class_names for place, _ in bad)
    remove_own("pets")


@pytest.mark.parametrize("angle", range(1, 9))
def test_a_decoded_picture_knows_its_size_upright(angle):
    exif = Image.Exif()
    exif[0x0112] = angle
    picture = decode_picture(encoded(np.zeros((10, 30, 3), np.uint8), "JPEG", exif=exif), "photo")
    assert picture.size == ((30, 10) if angle < 5 else (10, 30))
    assert picture.rgb.shape[:2] == picture.size[::-1]
