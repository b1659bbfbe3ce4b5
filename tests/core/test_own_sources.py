"""A folder or a ZIP is opened quickly whatever it holds, and leads nowhere else."""

import struct
import time
import warnings
import zipfile
import zlib

import pytest

from cnn_core.data.own import sources
from cnn_core.data.own.sources import open_source
from cnn_core.errors import DatasetError, PictureError
from tests.own_sources import class_folders, folder_at, png, zip_at


def names_of(path):
    return list(open_source(path).names())


def test_files_of_one_name_are_told_apart(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = zip_at(tmp_path / "some.zip", [("a/1", b"x"), ("a/1′1", b"y"), ("a/1", b"z"), ("a/1", b"u")])
    source = open_source(path)
    assert [source.read(name) for name in source.names()] == [b"x", b"y", b"z", b"u"]


def test_thousands_of_files_of_one_name_take_no_time(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = zip_at(tmp_path / "some.zip", [("a/1.png", b"")] * 6000)
    started = time.process_time()
    assert len(set(names_of(path))) == 6000
    assert time.process_time() - started < 5


@pytest.mark.parametrize("comment", [b"", b"made by hand"])
@pytest.mark.parametrize("is_large", [False, True])
def test_a_zip_of_too_many_files_is_refused_before_its_list_is_built(tmp_path, monkeypatch, comment, is_large):
    if is_large:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.comment = comment
        for number in range(12):
            archive.writestr(f"a/{number}.png", b"")
    assert (b"PK\6\6" in (tmp_path / "some.zip").read_bytes()) == is_large
    monkeypatch.setattr(sources, "MOST_FILES", 12)
    assert len(names_of(tmp_path / "some.zip")) == 12
    monkeypatch.setattr(sources, "MOST_FILES", 11)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(DatasetError, match="more than 11 files"):
        open_source(tmp_path / "some.zip")


def test_a_zip_that_understates_its_files_is_counted(tmp_path, monkeypatch):
    path = zip_at(tmp_path / "some.zip", {f"a/{number}.png": b"" for number in range(12)})
    content = bytearray(path.read_bytes())
    struct.pack_into("<2H", content, len(content) - 14, 1, 1)
    path.write_bytes(b"something before" + content)
    monkeypatch.setattr(sources, "MOST_FILES", 11)
    with pytest.raises(DatasetError, match="more than 11 files"):
        open_source(path)


def test_a_list_that_is_said_to_be_huge_is_not_read(tmp_path):
    path = zip_at(tmp_path / "some.zip", class_folders())
    content = bytearray(path.read_bytes())
    struct.pack_into("<L", content, len(content) - 10, 2**32 - 2)
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"holds more than|no ZIP"):
        open_source(path)


@pytest.mark.parametrize("content", [b"", b"PK\5\6", zlib.compress(bytes(99)), b"PK\5\6" + b"\xff" * 18])
def test_what_is_no_zip_is_told(tmp_path, content):
    (tmp_path / "some.zip").write_bytes(content)
    with pytest.raises(DatasetError):
        open_source(tmp_path / "some.zip")


def test_a_folder_that_became_a_link_is_not_followed(tmp_path):
    source = open_source(folder_at(tmp_path / "pets", class_folders()))
    folder_at(tmp_path / "secret", {"0.png": png(99)})
    assert source.read("cat/0.png") == png(0)
    (tmp_path / "pets" / "cat").rename(tmp_path / "moved")
    (tmp_path / "pets" / "cat").symlink_to(tmp_path / "secret")
    with pytest.raises(PictureError, match="is a link, which is not followed"):
        source.read("cat/0.png")
