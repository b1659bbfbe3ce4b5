"""What a source holds, the settings that are suggested for it, and the preview of what becomes of it."""

import io
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.data.folder_names import NONE_OF_THEM
from cnn_core.data.own.bring import bring_in
from cnn_core.data.own.layout import Found, read_layout
from cnn_core.data.own.plan import check_plan, expected_counts, too_small
from cnn_core.data.own.preview import preview
from cnn_core.data.own.roots import allowed_folders, allowed_path, offered_paths
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.sources import open_source
from cnn_core.data.own.split import parted
from cnn_core.data.own.store import load_own
from cnn_core.data.own.suggest import free_name, is_mirrored_alike, suggest_settings, why_this_size
from cnn_core.data.own.survey import LOOKED_AT, SHOWN, survey
from cnn_core.errors import DatasetError
from tests.own_sources import class_folders, folder_at, png, zip_at


def surveyed(path):
    return survey(open_source(path))


def pictures(size=(40, 30), mode="RGB", classes=("cat", "dog"), count=6):
    return {f"{name}/{number}.png": png(7 * number, size, mode) for name in classes for number in range(count)}


def test_a_survey_tells_classes_parts_and_what_cannot_be_read(tmp_path):
    files = {
        **class_folders(count=8, base="train/"),
        **class_folders(count=4, base="test/"),
        "train/cat/words.jpg": b"words",
        "lost.docx": b"",
    }
    found = surveyed(zip_at(tmp_path / "My pets.zip", files))
    assert found.title == "My pets.zip"
    assert found.counts == {"cat": 13, "dog": 12}
    assert found.test_counts == {"cat": 4, "dog": 4}
    assert found.has_test_part
    assert not found.is_grouped
    assert found.left_out_count == 1
    assert found.looked_at == 25
    assert [name for name, _ in found.bad] == ["train/cat/words.jpg"]
    assert found.bad[0][1].startswith("is a text file")
    assert len(found.sizes) == 24


def test_of_many_pictures_some_of_every_class_are_looked_at(tmp_path):
    files = pictures(classes=[f"class {number}" for number in range(20)], count=30)
    found = surveyed(zip_at(tmp_path / "many.zip", files))
    assert found.looked_at == LOOKED_AT
    assert len(found.examples) == SHOWN
    assert len({example.label for example in found.examples}) >= SHOWN - 1
    # Always the same ones.
    again = surveyed(tmp_path / "many.zip")
    assert [one.picture.name for one in again.examples] == [one.picture.name for one in found.examples]


def test_of_very_many_classes_some_are_looked_at(tmp_path):
    files = {f"{number}/1.png": png(number % 250) for number in range(900)}
    found = surveyed(zip_at(tmp_path / "many.zip", files))
    assert found.looked_at == LOOKED_AT
    assert len({example.label for example in found.examples}) == SHOWN


@pytest.mark.parametrize(
    ("size", "side"),
    [((20, 20), 28), ((28, 28), 28), ((31, 90), 28), ((32, 32), 32), ((640, 50), 48), ((320, 240), 64)],
)
def test_the_suggested_size_is_that_of_the_pictures(tmp_path, size, side):
    settings = suggest_settings(surveyed(zip_at(tmp_path / "pets.zip", pictures(size))))
    assert (settings.height, settings.width) == (side, side)


def test_of_very_many_large_pictures_smaller_images_are_suggested(tmp_path, monkeypatch):
    found = surveyed(zip_at(tmp_path / "pets.zip", pictures((200, 200))))
    monkeypatch.setitem(found.counts, "cat", 200_000)
    assert suggest_settings(found).height == 48


def test_grey_pictures_give_grey_images_however_they_were_saved(tmp_path):
    assert suggest_settings(surveyed(zip_at(tmp_path / "grey.zip", pictures(mode="L")))).channels == 1
    assert suggest_settings(surveyed(zip_at(tmp_path / "colour.zip", pictures()))).channels == 3
    noise = np.random.default_rng(0).integers(0, 255, (40, 40)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert("RGB").save(file, "JPEG")
    files = {f"{name}/{number}.jpg": file.getvalue() for name in "ab" for number in range(6)}
    assert suggest_settings(surveyed(zip_at(tmp_path / "jpeg.zip", files))).channels == 1


def test_what_shows_none_of_the_classes_is_left_out_unless_too_little_is_left(tmp_path):
    path = zip_at(tmp_path / "feedback.zip", class_folders(("Bag", "Coat", NONE_OF_THEM)))
    assert suggest_settings(surveyed(path)).leave_out == (NONE_OF_THEM,)
    path = zip_at(tmp_path / "two.zip", class_folders(("Bag", NONE_OF_THEM)))
    assert suggest_settings(surveyed(path)).leave_out == ()


def test_small_classes_count_where_there_are_no_others(tmp_path):
    assert suggest_settings(surveyed(zip_at(tmp_path / "a.zip", class_folders(count=3)))).fewest == 2
    assert suggest_settings(surveyed(zip_at(tmp_path / "b.zip", class_folders(count=6)))).fewest == 5


@pytest.mark.parametrize(
    ("names", "is_alike"),
    [
        (["cat", "dog"], True),
        (list("0123456789"), False),
        (["A", "B", "C"], False),
        (["10", "11", "12"], False),
        (["turn left", "turn right"], False),
        (["hand_left", "hand_right"], False),
        (["bright", "leftover"], True),
    ],
)
def test_letters_digits_and_sides_are_not_mirrored(names, is_alike):
    assert is_mirrored_alike(names) == is_alike


def test_the_title_and_a_free_name_come_from_the_source(tmp_path):
    path = zip_at(tmp_path / "My Pets.ZIP", class_folders())
    settings = suggest_settings(surveyed(path))
    assert (settings.title, settings.name) == ("My Pets", "my-pets")
    bring_in(open_source(path), read_layout(open_source(path)), settings, on_progress=[].append, should_stop=bool)
    assert free_name("My Pets") == "my-pets-2"
    assert free_name("mnist") == "mnist-2"
    assert len(free_name("x" * 90)) == 63


def test_why_a_size_was_suggested_is_told(tmp_path):
    same = surveyed(zip_at(tmp_path / "same.zip", pictures((40, 30))))
    assert why_this_size(same) == "All pictures looked at have 40×30 pixels."
    mixed = surveyed(zip_at(tmp_path / "mixed.zip", {**pictures((40, 30)), **pictures((80, 90), classes=["bird"])}))
    assert why_this_size(mixed) == "The pictures looked at have 40×30 to 80×90 pixels, 40×30 in the middle."
    none = surveyed(zip_at(tmp_path / "none.zip", {f"{name}/{n}.png": b"words" for name in "ab" for n in range(6)}))
    assert "could be read" in why_this_size(none)
    assert suggest_settings(none).height == 32
    assert preview(none, suggest_settings(none), 8) == ()


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_preview_is_what_comes_out(tmp_path, fit, channels):
    rng = np.random.default_rng(0)
    files = {}
    for place, name in enumerate("ab"):
        for number in range(6):
            file = io.BytesIO()
            shape = (20 + 9 * number, 50 - 7 * place, 4)
            Image.fromarray(rng.integers(0, 255, shape).astype(np.uint8)).save(file, "PNG")
            files[f"{name}/{number}.png"] = file.getvalue()
    path = zip_at(tmp_path / "pets.zip", files)
    found = surveyed(path)
    settings = own_settings(
        {"name": "pets", "title": "Pets", "height": 12, "width": 16, "fit": fit, "channels": channels}
    )
    bring_in(open_source(path), read_layout(open_source(path)), settings, on_progress=[].append, should_stop=bool)
    dataset = load_own("pets")
    images = {image.tobytes() for images in (dataset.train_images, dataset.test_images) for image in images}
    previews = preview(found, settings, 8)
    assert len(previews) == 8
    for one in previews:
        assert one.image.shape == (12, 16, channels)
        assert one.image.tobytes() in images
        height, width = one.original.shape[:2]
        assert one.size == (width, height)
        used = one.used.columns / one.used.rows
        assert used == pytest.approx(16 / 12 if fit == "crop" else width / height, rel=0.03)
    # The tallest of all.
    assert max(one.size[1] / one.size[0] for one in previews[:2]) == 65 / 43


def test_a_preview_shows_wanted_classes_only(tmp_path):
    found = surveyed(zip_at(tmp_path / "pets.zip", class_folders(("cat", "dog", "bird"))))
    settings = suggest_settings(found).model_copy(update={"leave_out": ("bird",)})
    assert {one.label for one in preview(found, settings, 8)} == {"cat", "dog"}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("has_parts", [False, True])
def test_expected_counts_are_what_comes_out(tmp_path, share, has_parts):
    files = class_folders(("cat", "dog"), 13, "train/") | class_folders(("bird",), 3, "train/")
    files |= class_folders(("cat", "dog"), 4, "test/") if has_parts else {}
    files = files if has_parts else {name.removeprefix("train/"): content for name, content in files.items()}
    path = zip_at(tmp_path / "pets.zip", files)
    found = surveyed(path)
    settings = suggest_settings(found).model_copy(update={"test_share": share})
    assert too_small(found, settings) == ("bird",)
    check_plan(found, settings)
    source = open_source(path)
    card = bring_in(source, read_layout(source), settings, on_progress=[].append, should_stop=bool)
    assert (card.train_count, card.test_count) == expected_counts(found, settings)


def test_what_speaks_against_a_plan_is_told_before_anything_is_read(tmp_path):
    files = {**class_folders(count=6, base="train/"), **class_folders(("cat",), 6, "test/")}
    path = zip_at(tmp_path / "pets.zip", files)
    found = surveyed(path)
    settings = suggest_settings(found)
    with pytest.raises(DatasetError, match="has 'dog' in one part only"):
        check_plan(found, settings)
    source = open_source(path)
    with pytest.raises(DatasetError, match="Class 'dog' has no test picture"):
        bring_in(source, read_layout(source), settings, on_progress=[].append, should_stop=bool)
    with pytest.raises(DatasetError, match="1 of 2 classes are left"):
        check_plan(found, settings.model_copy(update={"leave_out": ("dog",)}))
    with pytest.raises(DatasetError, match="built in"):
        check_plan(found, settings.model_copy(update={"name": "digits"}))


def grouped(groups, labels="ab"):
    """A picture for each group given, their classes in turn."""
    return [Found(str(n), labels[n % len(labels)], None, group) for n, group in enumerate(groups)]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=12, max_size=60),
    share=st.sampled_from([0.1, 0.2, 0.3, 0.5]),
    seed=st.integers(0, 9),
)
def test_groups_stay_together_and_the_share_is_about_what_was_asked_for(sizes, share, seed):
    groups = [f"person {number}" for number, size in enumerate(sizes) for _ in range(size)]
    chosen = grouped([*groups, None, None, None, None])
    asked = own_settings({"name": "pets", "title": "Pets", "test_share": share, "seed": seed})
    parts = parted(chosen, ("a", "b"), asked)
    of_group = {}
    for one, part in zip(chosen, parts, strict=True):
        if one.group:
            of_group.setdefault(one.group, set()).add(part)
    assert all(len(of_one) == 1 for of_one in of_group.values())
    assert {(one.label, part) for one, part in zip(chosen, parts, strict=True)} >= {("a", "test"), ("b", "test")}
    assert abs(parts.count("test") - share * len(chosen)) <= max(sizes)
    assert parted(chosen, ("a", "b"), asked) == parts


def test_a_class_in_one_group_cannot_be_divided():
    asked = own_settings({"name": "pets", "title": "Pets"})
    with pytest.raises(DatasetError, match="All pictures of class 'a' belong to one group, 'anna'"):
        parted(grouped(["anna", "ben", "anna", "carl"]), ("a", "b"), asked)
    # Each of its groups is larger than the share.
    parts = parted(grouped(["anna", "anna", "anna", "anna", "ben", "ben"]), ("a", "b"), asked)
    assert parts == ["train"] * 4 + ["test"] * 2


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize(
    "members", [{"ag": 10, "ah": 10, "bi": 10, "bj": 10}, {"ag": 10, "ah": 11, "bh": 11, "bi": 30}]
)
def test_each_class_is_in_both_parts_whatever_the_share(members, share):
    chosen = [Found(f"{key}{n}", key[0], None, key[1]) for key, count in members.items() for n in range(count)]
    asked = own_settings({"name": "pets", "title": "Pets", "test_share": share})
    parts = parted(chosen, ("a", "b"), asked)
    there = {(one.label, part) for one, part in zip(chosen, parts, strict=True)}
    assert there == {("a", "train"), ("a", "test"), ("b", "train"), ("b", "test")}


def test_groups_that_cannot_be_divided_are_told_and_nothing_is_read():
    # Each two of three groups share a class.
    chosen = grouped(["g", "h", "i", "h", "i", "g"], "abc")
    asked = own_settings({"name": "pets", "title": "Pets"})
    with pytest.raises(DatasetError, match=r"No way was found to divide the groups so that class '[abc]' has"):
        parted(chosen, ("a", "b", "c"), asked)


def test_no_folder_is_allowed_unless_the_operator_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("CNN_LAB_FOLDERS", raising=False)
    assert allowed_folders() == ()
    assert offered_paths() == []
    with pytest.raises(DatasetError, match="not in a folder that pictures may be brought from"):
        allowed_path(str(tmp_path))


def test_only_what_lies_in_an_allowed_folder_is_allowed(tmp_path, monkeypatch):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    folder_at(inside / "pets", class_folders())
    folder_at(outside, class_folders())
    zip_at(inside / "more.zip", class_folders())
    (inside / "notes.txt").write_text("words")
    (inside / "link").symlink_to(outside)
    monkeypatch.setenv("CNN_LAB_FOLDERS", os.pathsep.join([str(inside), "relative", "", str(tmp_path / "missing")]))
    assert allowed_folders() == (inside, tmp_path / "missing")
    assert offered_paths() == [str(inside / "more.zip"), str(inside / "pets"), str(inside)]
    assert allowed_path(f" {inside}/pets/../pets ") == inside / "pets"
    for text in (outside, inside / ".." / "outside", inside / "link", f"{inside}2", "pets", "", "\0", "~nobody/x"):
        with pytest.raises(DatasetError, match="not in a folder that pictures may be brought from"):
            allowed_path(str(text))
    for missing in ("nothing", "x" * 256, "pets/" + "y" * 5000):
        with pytest.raises(DatasetError, match="does not exist"):
            allowed_path(str(inside / missing))
