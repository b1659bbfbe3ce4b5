"""The pictures of a ZIP: good ones are read, every bad one is a sentence, and nothing takes more memory than it may."""

import contextlib
import io
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.errors import PictureError
from cnn_core.images import archive
from cnn_core.images.archive import MAX_ENTRIES, MAX_PICTURES, Allowance, is_archive, open_archive
from cnn_core.images.decode import MAX_BYTES


def picture(shade=0):
    pixels = np.zeros((6, 5, 3), np.uint8)
    pixels[:, 2:] = (255, shade, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def packed(files, method=zipfile.ZIP_DEFLATED):
    """A ZIP of (name, content) pairs or of a dict."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in files.items() if isinstance(files, dict) else files:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def answers(data, name="photos.zip"):
    """Each entry's picture, or the sentence about it."""
    opened = open_archive(data, name)
    found = {}
    for entry in opened.entries:
        try:
            found[entry.name] = opened.read(entry)
        except PictureError as error:
            found[entry.name] = str(error)
    return found


def test_each_picture_is_read_with_the_name_of_the_zip_and_its_own():
    found = answers(packed({"a.png": picture(7), "deep/er/b.png": picture(9)}))
    assert list(found) == ["photos.zip/a.png", "photos.zip/deep/er/b.png"]
    assert [read.rgb[0, 4].tolist() for read in found.values()] == [[255, 7, 0], [255, 9, 0]]
    assert found["photos.zip/a.png"].name == "photos.zip/a.png"


def test_stored_and_deflated_entries_are_read():
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        (read,) = answers(packed({"a.png": picture()}, method)).values()
        assert read.rgb.shape == (6, 5, 3)


def test_folders_hidden_files_and_what_macos_adds_are_skipped_without_a_word():
    files = ["folder/", "__MACOSX/._a.png", "in/__MACOSX/b.png", ".DS_Store", "in/.hidden/c.png", ".git/d.png"]
    found = answers(packed([*((name, b"" if name.endswith("/") else b"x") for name in files), ("a.png", picture())]))
    assert list(found) == ["photos.zip/a.png"]


def test_the_bad_are_sentences_and_the_good_among_them_are_read():
    good = packed({"inner.png": picture()})
    bad = {"notes.txt": b"some words", "empty.png": b"", "half.png": picture()[:40], "page.svg": b"<svg/>"}
    found = answers(packed({**bad, "nested.zip": good, "good.png": picture()}))
    assert "a text file" in found["photos.zip/notes.txt"]
    assert "empty" in found["photos.zip/empty.png"]
    assert "damaged" in found["photos.zip/half.png"]
    assert "SVG" in found["photos.zip/page.svg"]
    assert "a ZIP inside the ZIP" in found["photos.zip/nested.zip"]
    assert found["photos.zip/good.png"].rgb.shape == (6, 5, 3)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.png", "/etc/cron.d/a.png", "C:\\Windows\\a.png", "a\nb\x1b[31m.png", "x" * 5000 + ".png"]
)
def test_a_name_is_only_shown_on_one_line_and_nothing_is_written(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (shown, read) = next(iter(answers(packed({name: picture()})).items()))
    assert read.rgb.shape == (6, 5, 3)
    assert shown.isprintable()
    assert len(shown) < 120
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Mäntel/Hüte.png", "衬衫.png", "свитер.png", "👗.png"])
def test_names_in_any_script_are_shown_also_where_the_zip_does_not_say_that_they_are_utf_8(name):
    marked = packed({name: picture()})
    assert list(answers(marked)) == [f"photos.zip/{name}"]
    # Bit 11 of the flags, in the entry's own head and in the list at the end.
    flags = {b"PK\x03\x04": 6, b"PK\x01\x02": 8}
    unmarked = bytearray(marked)
    for head, offset in flags.items():
        place = unmarked.index(head) + offset
        unmarked[place : place + 2] = b"\0\0"
    assert list(answers(bytes(unmarked))) == [f"photos.zip/{name}"]


def test_a_dos_name_that_is_no_utf_8_keeps_its_letters():
    data = packed({"H?te.png": picture()}).replace(b"H?te", "Hüte".encode("cp437"))
    assert list(answers(data)) == ["photos.zip/Hüte.png"]


def test_an_encrypted_entry_is_a_sentence():
    data = bytearray(packed([("secret.png", picture()), ("open.png", picture())]))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    found = answers(bytes(data))
    assert "encrypted" in found["photos.zip/secret.png"]
    assert found["photos.zip/open.png"].rgb.any()


def test_damaged_content_is_a_sentence():
    data = bytearray(packed([("a.png", picture()), ("b.png", picture(3))]))
    place = data.index(b"a.png") + 20
    data[place : place + 8] = b"\xff" * 8
    found = answers(bytes(data))
    assert "damaged inside the ZIP" in found["photos.zip/a.png"]
    assert found["photos.zip/b.png"].rgb.any()


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, packed({"a.png": picture()})[:-30]])
def test_a_damaged_zip_is_a_sentence(data):
    assert is_archive(data)
    with pytest.raises(PictureError, match=r"'photos\.zip' is damaged"):
        open_archive(data, "photos.zip")


@pytest.mark.parametrize("files", [{}, {"folder/": b""}, {"__MACOSX/a.png": b"x", ".DS_Store": b""}])
def test_an_empty_zip_is_a_sentence(files):
    assert is_archive(packed(files))
    with pytest.raises(PictureError, match="without a picture"):
        open_archive(packed(files), "photos.zip")


def test_an_office_document_is_called_so():
    with pytest.raises(PictureError, match="Office document"):
        open_archive(packed({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "letter.docx")


def test_of_ten_thousand_entries_the_first_thousand_are_read_and_the_rest_is_told():
    opened = open_archive(packed((f"{i}.png", b"x") for i in range(10_000)), "photos.zip")
    assert len(opened.entries) == MAX_PICTURES
    assert opened.entries[-1].name == f"photos.zip/{MAX_PICTURES - 1}.png"
    assert "holds 10,000 files: the first 1,000 are read, 9,000 are left out" in opened.warning
    assert open_archive(packed({"a.png": picture()}), "photos.zip").warning is None


def test_a_zip_of_more_entries_than_are_opened_is_refused_before_any_is_looked_at():
    one = packed({"a.png": b"x"})
    entry = one[one.index(b"PK\x01\x02") : one.index(b"PK\x05\x06")]
    with pytest.raises(PictureError, match="entries"):
        open_archive(b"PK\x03\x04" + entry * (MAX_ENTRIES + 1), "photos.zip")


def with_declared_size(data, size):
    """The ZIP of one entry, which says that its content has another size."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, changed.index(b"PK\x01\x02") + 24, size)
    struct.pack_into("<I", changed, changed.index(b"PK\x03\x04") + 22, size)
    return bytes(changed)


@pytest.fixture(scope="module")
def bomb():
    """200 MB of zeros behind the beginning of a PNG, in 200 kB."""
    return packed({"bomb.png": picture()[:33] + bytes(200 * 2**20)})


def memory_of(data):
    """What reading the one entry of a ZIP says, and the most memory that it takes, in MB."""
    tracemalloc.start()
    try:
        (answer,) = answers(data).values()
        return answer, tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_a_bomb_is_refused_by_what_it_declares(bomb):
    answer, megabytes = memory_of(bomb)
    assert "too large: 200 MB" in answer
    assert megabytes < 5


@pytest.mark.parametrize("declared", [0, 1000, MAX_BYTES])
def test_a_bomb_that_declares_less_is_unpacked_no_further_than_that(bomb, declared):
    answer, megabytes = memory_of(with_declared_size(bomb, declared))
    assert isinstance(answer, str)
    assert megabytes < 5 + 3 * declared / 2**20


def test_what_unpacks_a_little_to_gigabytes_at_once_is_not_unpacked():
    data = packed({"bomb.png": bytes(300 * 2**20)}, zipfile.ZIP_BZIP2)
    assert len(data) < 2000
    answer, megabytes = memory_of(with_declared_size(data, 1000))
    assert "not read (method 12)" in answer
    assert megabytes < 5


def test_all_entries_together_unpack_to_so_much_and_no_more(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2 * len(picture()))
    found = list(answers(packed((f"{i}.png", picture()) for i in range(4))).values())
    assert [isinstance(one, str) for one in found] == [False, False, True, True]
    assert "left out" in found[2]


def test_entries_that_share_their_content_are_no_way_around_the_limits(monkeypatch):
    # As in the bomb without nesting (Fifield 2019): one kernel, many entries in the list.
    one = packed({"000": picture()})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entry, count, limit = one[start:end], 300, 7
    entries = b"".join(entry.replace(b"000", b"%03d" % number) for number in range(count))
    data = one[:start] + entries
    data += struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    monkeypatch.setattr(archive, "MAX_UNPACKED", limit * len(picture()))
    opened = open_archive(data, "photos.zip")
    assert [entry.error is None for entry in opened.entries] == [True] * limit + [False] * (count - limit)


def test_zips_that_come_together_share_what_one_may_take(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 3 * len(picture()))
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    together = Allowance()
    two = packed((f"{i}.png", picture()) for i in range(2))
    assert [entry.error for entry in open_archive(two, "1.zip", together).entries] == [None, None]
    assert [entry.error is None for entry in open_archive(two, "2.zip", together).entries] == [True, False]
    with pytest.raises(PictureError, match=r"'3\.zip' is not opened"):
        open_archive(two, "3.zip", together)
    assert len(open_archive(two, "3.zip").entries) == 2


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 400), change=st.binary(min_size=1, max_size=12), cut=st.integers(0, 400))
def test_a_zip_that_was_changed_anywhere_is_read_or_refused_with_a_sentence(place, change, cut):
    data = bytearray(packed([("a.png", picture()), ("ä/b.png", picture(2))]))
    data[place : place + len(change)] = change
    with contextlib.suppress(PictureError):
        answers(bytes(data[: len(data) - cut] if cut < 100 else data))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=30), st.binary(max_size=60), max_size=6))
def test_any_names_and_contents_give_a_sentence_each_at_most(files):
    # What no ZIP can hold: lone halves of pairs, and the sign that ends a name.
    files = {name: content for name, content in files.items() if name.isprintable() and "\0" not in name}
    try:
        found = answers(packed(files))
    except PictureError:
        return
    assert all(isinstance(one, str) for one in found.values())
    assert len(found) <= len(files)


def test_content_that_does_not_fit_its_checksum_is_damage():
    # The checksum is looked at: a changed pixel is damage, not another picture.
    plain = b"\x89PNG\r\n\x1a\n" + b"a" * 50
    data = packed({"a.png": plain}, zipfile.ZIP_STORED).replace(b"a" * 50, b"a" * 49 + b"b")
    assert zlib.crc32(plain) != zlib.crc32(plain[:-1] + b"b")
    assert "damaged inside the ZIP" in answers(data)["photos.zip/a.png"]
