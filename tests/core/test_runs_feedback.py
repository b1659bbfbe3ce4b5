"""What people say of answers: kept with the run, bounded, never lost to another tab, and never a crash."""

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from cnn_core.errors import RunError, StorageError
from cnn_core.images.decode import decode_picture, picture_from_array
from cnn_core.runs import feedback
from cnn_core.runs.feedback import (
    delete_all_corrections,
    delete_corrections,
    find_correction,
    keep_correction,
    kept_picture,
    read_feedback,
)
from cnn_core.runs.feedback_file import Said, picture_key
from cnn_core.runs.store import runs_folder, showcase
from tests.fixtures import finished_run

SAID = Said(predicted="3", confidence=0.75, is_outlier=False)


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def folder(run):
    return run.path / "feedback"


def picture(seed=0, name="coat.jpg", shape=(20, 30, 3)):
    return picture_from_array(np.random.default_rng(seed).integers(0, 256, shape, np.uint8), name)


def pixels(run, correction, tmp_path):
    content = kept_picture(run, correction)
    (tmp_path / "kept.png").write_bytes(content)
    return np.asarray(Image.open(tmp_path / "kept.png"))


def labels(run):
    return [one.label for one in read_feedback(run).corrections]


def test_picture_and_class_are_there_again_with_what_the_network_had_said(run, tmp_path):
    keep_correction(run, picture(), "5", SAID, at=1000)
    (one,) = read_feedback(run).corrections
    assert (one.label, one.said, one.name, one.time) == ("5", SAID, "coat.jpg", 1000)
    assert np.array_equal(pixels(run, one, tmp_path), picture().rgb)
    assert find_correction(run, picture_key(picture())) == one


def test_none_of_the_classes_can_be_said(run):
    keep_correction(run, picture(), None, SAID)
    assert labels(run) == [None]


def test_the_newest_comes_first(run):
    for seed, at in [(0, 10), (1, 30), (2, 20)]:
        keep_correction(run, picture(seed), str(seed), SAID, at=at)
    assert labels(run) == ["1", "2", "0"]


def test_the_same_picture_corrected_again_replaces_its_label_whatever_it_is_called(run, folder):
    keep_correction(run, picture(), "5", SAID)
    keep_correction(run, picture(name="again.png"), "6", SAID)
    assert labels(run) == ["6"]
    assert len(list(folder.iterdir())) == 2


def test_pictures_that_differ_in_one_pixel_in_shape_or_in_what_is_transparent_are_different():
    one = picture(shape=(20, 30, 4))
    other = one.rgb.copy()
    other[3, 4, 1] ^= 1
    alpha = one.alpha.copy()
    alpha[0, 0] ^= 1
    turned = picture_from_array(one.rgb.reshape(30, 20, 3), "x")
    variants = [
        one,
        picture_from_array(one.rgb, "x"),
        picture_from_array(other, "x"),
        picture_from_array(np.dstack([one.rgb, alpha]), "x"),
        turned,
    ]
    assert len({picture_key(variant) for variant in variants}) == len(variants)


def test_what_is_transparent_stays_so(run, tmp_path):
    drawn = picture(shape=(9, 7, 4))
    keep_correction(run, drawn, "5", SAID)
    kept = pixels(run, read_feedback(run).corrections[0], tmp_path)
    assert np.array_equal(kept[..., 3], drawn.alpha)


def test_a_photo_is_kept_upright_at_most_1024_pixels_wide_and_without_where_it_was_taken(run, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn is missing
    exif[0x010F] = "a camera"
    wide = np.zeros((900, 1600, 3), np.uint8)
    wide[:, :800] = (200, 30, 30)
    Image.fromarray(wide).save(tmp_path / "photo.jpg", exif=exif, dpi=(72, 72), comment=b"at home")
    keep_correction(run, decode_picture((tmp_path / "photo.jpg").read_bytes(), "photo.jpg"), "5", SAID)
    (one,) = read_feedback(run).corrections
    kept = pixels(run, one, tmp_path)
    assert kept.shape == (1024, 576, 3)
    assert kept[10, 300, 0] > 150 > 60 > kept[-10, 300, 0], "the red half is above after a turn to the right"
    with Image.open(tmp_path / "kept.png") as image:
        assert image.info == {}
        assert not image.getexif()


def test_a_class_that_the_run_does_not_have_is_refused_and_the_classes_are_named(run, folder):
    with pytest.raises(RunError, match=r"no class 'Coat'\. Its classes are 0, 1, 2"):
        keep_correction(run, picture(), "Coat", SAID)
    assert not folder.exists()


def test_what_is_said_of_the_showcase_lies_among_the_runs():
    label = showcase().record().data.class_names[0]
    keep_correction(showcase(), picture(), label, SAID)
    assert labels(showcase()) == [label]
    assert not (showcase().path / "feedback").exists()
    assert len(list((runs_folder() / ".showcase" / "feedback").iterdir())) == 2


def test_chosen_ones_are_deleted_and_others_stay(run, folder):
    for seed in range(3):
        keep_correction(run, picture(seed), str(seed), SAID, at=seed)
    delete_corrections(run, [picture_key(picture(1)), "0" * 32, "../../config"])
    assert labels(run) == ["2", "0"]
    assert len(list(folder.iterdir())) == 4
    assert run.record()


def test_all_are_deleted_with_the_damaged_ones_but_not_what_somebody_else_put_there(run, folder):
    keep_correction(run, picture(), "5", SAID)
    (folder / ("f" * 32 + ".json")).write_text("{")
    (folder / "notes.txt").write_text("mine")
    delete_all_corrections(run)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    delete_all_corrections(run)
    assert not folder.exists()
    assert read_feedback(run).corrections == ()


def test_what_many_say_at_once_is_all_kept(run):
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda seed: keep_correction(run, picture(seed), str(seed % 10), SAID), range(24)))
    assert len(read_feedback(run).corrections) == 24


def test_two_who_say_different_things_of_one_picture_leave_one_whole_answer(run, folder):
    with ThreadPoolExecutor(2) as people:
        list(people.map(lambda label: keep_correction(run, picture(), label, SAID), ["4", "9"] * 8))
    assert labels(run) in (["4"], ["9"])
    assert len(list(folder.iterdir())) == 2


DAMAGED = {
    "half a file": (b'{"format": 1, "label": "5"', "damaged"),
    "no text": (b"\xff\x00", "damaged"),
    "a deep nesting": (b"[" * 200_000, "damaged"),
    "a confidence of 7": (
        b'{"label": "5", "name": "x", "time": 1, "said": {"predicted": "5", "confidence": 7, "is_outlier": false}}',
        "damaged",
    ),
    "a time without end": (
        b'{"label": "5", "name": "x", "time": 1e300, "said": {"predicted": "5", "confidence": 1, "is_outlier": false}}',
        "damaged",
    ),
    "another class": (
        b'{"label": "Coat", "name": "x", "time": 1, "said": {"predicted": "5", "confidence": 1, "is_outlier": false}}',
        "no class 'Coat'",
    ),
    "a newer version": (b'{"format": 2}', "format 2, this one reads 1"),
}


@pytest.mark.parametrize(("content", "why"), DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_damaged_is_told_as_that_and_the_others_are_there(run, folder, content, why):
    keep_correction(run, picture(0), "4", SAID)
    keep_correction(run, picture(1), "5", SAID)
    key = picture_key(picture(0))
    (folder / f"{key}.json").write_bytes(content)
    found = read_feedback(run)
    assert [one.label for one in found.corrections] == ["5"]
    (told,) = found.unusable
    assert (told.name, told.is_ours) == (key, True)
    assert why in told.why
    assert find_correction(run, key) is None
    keep_correction(run, picture(0), "7", SAID)
    assert set(labels(run)) == {"5", "7"}, "said again it is whole again"


def test_a_missing_half_and_strange_files_are_told_as_that(run, folder):
    for seed in range(2):
        keep_correction(run, picture(seed), "5", SAID)
    first, second = (picture_key(picture(seed)) for seed in range(2))
    (folder / f"{first}.png").unlink()
    (folder / f"{second}.json").unlink()
    (folder / "holiday.jpg").write_bytes(b"x")
    (folder / ("a" * 32 + ".png")).mkdir()
    (folder / ".hidden").write_text("")
    found = read_feedback(run)
    assert found.corrections == ()
    whys = {one.name: (one.why, one.is_ours) for one in found.unusable}
    assert whys[first] == ("The picture is missing.", True)
    assert whys[second] == ("What was said of this picture is missing.", True)
    assert {name for name, (_, is_ours) in whys.items() if not is_ours} == {"holiday.jpg", "a" * 32 + ".png"}


@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "huge"])
def test_a_damaged_picture_is_none(run, folder, damage):
    keep_correction(run, picture(), "5", SAID)
    (one,) = read_feedback(run).corrections
    path = folder / f"{one.key}.png"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 255
        path.write_bytes(content)
    elif damage == "gone":
        path.unlink()
    else:
        Image.new("L", (5000, 5000)).save(path)
    assert kept_picture(run, one) is None


def test_of_too_many_pictures_the_next_is_refused_with_what_to_do_but_labels_can_change(run, monkeypatch):
    monkeypatch.setattr(feedback, "MAX_PICTURES", 2)
    for seed in range(2):
        keep_correction(run, picture(seed), "5", SAID)
    with pytest.raises(RunError, match=r"no room for more feedback.*at most 2 of 500 MB.*delete some"):
        keep_correction(run, picture(2), "5", SAID)
    keep_correction(run, picture(1), "6", SAID)
    assert sorted(labels(run)) == ["5", "6"]


def test_of_too_many_bytes_the_next_is_refused(run, monkeypatch):
    monkeypatch.setattr(feedback, "MAX_MEGABYTES", 0.003)
    keep_correction(run, picture(0), "5", SAID)
    with pytest.raises(RunError, match="no room"):
        keep_correction(run, picture(1), "5", SAID)


def test_of_a_run_that_was_deleted_meanwhile_nothing_comes_back(run):
    keep_correction(run, picture(), "5", SAID)
    record = run.record()
    shutil.rmtree(run.path)
    for act in (
        lambda: keep_correction(run, picture(), "5", SAID),
        lambda: read_feedback(run),
        lambda: delete_corrections(run, ["0" * 32]),
        lambda: delete_all_corrections(run),
    ):
        with pytest.raises(RunError, match="no longer there"):
            act()
    assert record
    assert not run.path.exists()


@pytest.mark.parametrize("place", ["picture", "words"])
def test_on_a_full_disk_what_was_kept_stays_and_nothing_half_written_is_left(run, folder, monkeypatch, place):
    keep_correction(run, picture(0), "5", SAID, at=1)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write = Path.write_bytes

    def full(path, content):
        if path.name.endswith(".png" if place == "picture" else ".json"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        for seed in (0, 1):
            with pytest.raises(StorageError, match="The disk is full"):
                keep_correction(run, picture(seed), "6", SAID)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_a_killed_process_left_is_cleared_away(run, folder):
    folder.mkdir()
    (folder / ".writing.x.png").write_bytes(b"half")
    keep_correction(run, picture(), "5", SAID)
    assert not (folder / ".writing.x.png").exists()


def test_a_lock_that_is_never_opened_is_told(run, monkeypatch):
    monkeypatch.setattr(feedback, "_LOCK_SECONDS", 0.1)
    with FileLock(run.path / ".feedback.lock"), pytest.raises(RunError, match="The feedback was not changed"):
        keep_correction(run, picture(), "5", SAID)


def test_the_file_beside_a_picture_says_its_format(run, folder):
    keep_correction(run, picture(), "5", SAID, at=1.5)
    (path,) = folder.glob("*.json")
    assert json.loads(path.read_text()) == {
        "format": 1,
        "label": "5",
        "said": {"predicted": "3", "confidence": 0.75, "is_outlier": False},
        "name": "coat.jpg",
        "time": 1.5,
    }
