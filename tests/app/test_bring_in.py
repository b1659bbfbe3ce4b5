"""Bringing one's own pictures in: name them, choose, see what becomes of them, start, and find it again."""

import contextlib
import time
from pathlib import Path

import pytest

from cnn_core.data.own import staging
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.staging import KIND, find_staged, stage_path, stage_upload, start_bringing
from cnn_core.data.own.store import own_names, read_card, remove_own
from cnn_core.errors import CnnLabError
from cnn_core.jobs import store
from cnn_core.jobs.job import Job, JobStatus
from cnn_core.jobs.store import find_job
from cnn_core.jobs.work import run_job
from tests.own_sources import class_folders, folder_at, png, zip_at

PETS = {"name": "pets", "title": "Pets", "height": 8, "width": 8}


@pytest.fixture(autouse=True)
def allowed(tmp_path, monkeypatch):
    """A folder that pictures may be brought from."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    monkeypatch.setenv("CNN_LAB_FOLDERS", str(folder))
    return folder


@pytest.fixture
def at_once(monkeypatch):
    """The work is done at once, where otherwise a process is started."""

    def start_process(arguments, _log):
        with contextlib.suppress(CnnLabError):
            run_job(Job(Path(arguments[1])))

    monkeypatch.setattr(store, "start_process", start_process)


@pytest.fixture
def never(monkeypatch):
    """No process is started: the work stays where it is."""
    monkeypatch.setattr(store, "start_process", lambda _arguments, _log: None)


@pytest.fixture
def pets(tmp_path):
    """The token of an upload that waits for its choices."""
    files = {**class_folders(("cat", "dog"), 8), **class_folders(("rare",), 3), "cat/words.jpg": b"words"}
    return staged(tmp_path, files)


def staged(tmp_path, files, name="My pets.zip"):
    with zip_at(tmp_path / "packed.zip", files).open("rb") as file:
        return stage_upload(file, name).token


def bring(visit, token=None):
    app = visit("data.py", dataset="bring-in", **({"job": token} if token else {}))
    assert not app.exception
    return app


def words(app):
    """Everything that the page says."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_without_allowed_folders_one_line_explains_that_way(visit, monkeypatch):
    monkeypatch.delenv("CNN_LAB_FOLDERS")
    app = bring(visit)
    assert "CNN_LAB_FOLDERS" in words(app)
    assert not [box for box in app.selectbox if box.key == "bring-in-path"]


def test_a_dropped_zip_leads_to_the_form(visit, tmp_path):
    app = bring(visit)
    content = zip_at(tmp_path / "pets.zip", class_folders()).read_bytes()
    app.file_uploader(key="bring-in-zip").set_value(("pets.zip", content, "application/zip"))
    app.run()
    assert not app.exception
    token = app.query_params["job"][0] if isinstance(app.query_params["job"], list) else app.query_params["job"]
    assert find_staged(token).source.title == "pets.zip"
    assert "What becomes of them" in words(app)
    assert app.text_input(key=f"name-{token}").value == "pets"


def test_what_is_no_dataset_is_told_until_something_else_is_named(visit, tmp_path, allowed):
    folder = folder_at(allowed / "pets", class_folders())
    zip_at(allowed / "one.zip", {"cat/1.png": png()})
    app = bring(visit)
    content = zip_at(tmp_path / "one.zip", {"cat/1.png": png()}).read_bytes()
    app.file_uploader(key="bring-in-zip").set_value(("mine.zip", content, "application/zip"))
    app.run()
    assert "'mine.zip' holds one class only" in app.error[0].value
    app.selectbox(key="bring-in-path").set_value(str(allowed / "one.zip"))
    app.run()
    assert "'one.zip' holds one class only" in app.error[0].value
    app.selectbox(key="bring-in-path").set_value(str(folder))
    app.run()
    assert not app.error
    assert "What becomes of them" in words(app)


def test_a_path_elsewhere_is_refused(visit, tmp_path, allowed):
    (allowed / "pets").mkdir()
    app = bring(visit)
    # Between the page and the choice the folder has become a link.
    (allowed / "pets").rmdir()
    (allowed / "pets").symlink_to(folder_at(tmp_path / "secret", class_folders()))
    app.selectbox(key="bring-in-path").set_value(str(allowed / "pets"))
    app.run()
    assert "not in a folder that pictures may be brought from" in app.error[0].value


def test_the_form_shows_what_was_found_and_what_becomes_of_it(visit, pets):
    app = bring(visit, pets)
    assert "##### 20 pictures in 3 classes" in words(app)
    assert app.dataframe[0].value["pictures"].tolist() == [9, 8, 3]
    assert "Gives 13 training and 4 test images, 40 kB on the disk." in words(app)
    assert "fewer than 5 pictures: rare" in words(app)
    assert "1 of 20 pictures looked at cannot be read" in [expander.label for expander in app.expander]
    html = "".join(element.value for element in app.get("html"))
    assert html.count('class="pair"') == 8
    assert "12×10 → 28×28" in html


@pytest.mark.usefixtures("at_once")
def test_choices_change_the_preview_and_what_comes_out(visit, pets):
    app = bring(visit, pets)
    app.text_input(key=f"title-{pets}").set_value("Our pets")
    app.selectbox(key=f"side-{pets}").set_value("Other…")
    app.run()
    # Until somebody chooses a name, it follows the title.
    assert app.text_input(key=f"name-{pets}").value == "our-pets"
    app.number_input(key=f"height-{pets}").set_value(10)
    app.number_input(key=f"width-{pets}").set_value(12)
    app.segmented_control(key=f"channels-{pets}").set_value(1)
    app.segmented_control(key=f"fit-{pets}").set_value("pad")
    app.slider(key=f"share-{pets}").set_value(50)
    app.number_input(key=f"fewest-{pets}").set_value(2)
    app.multiselect(key=f"leave-out-{pets}").set_value(["dog"])
    app.toggle(key=f"mirrored-{pets}").set_value(False)
    app.text_input(key=f"licence-{pets}").set_value("CC0")
    app.run()
    assert "12×10 → 12×10" in "".join(element.value for element in app.get("html"))
    app.button(key=f"start-{pets}").click().run()
    assert not app.exception
    card = read_card("our-pets")
    assert (card.title, card.licence, card.is_mirrored_alike) == ("Our pets", "CC0", False)
    assert card.class_names == ("cat", "rare")
    assert card.frame.shape == (10, 12, 1)
    assert card.frame.fit == "pad"
    assert "Our pets" in app.success[0].value


def test_a_name_that_cannot_be_used_is_told_and_the_preview_stays(visit, pets):
    app = bring(visit, pets)
    for name, said in (("No Good", "cannot be used"), ("mnist", "built in")):
        app.text_input(key=f"name-{pets}").set_value(name)
        app.run()
        assert said in app.error[0].value
        assert app.button(key=f"start-{pets}").disabled
        assert 'class="pair"' in "".join(element.value for element in app.get("html"))


def test_parts_of_the_source_are_kept_and_no_share_is_asked_for(visit, tmp_path):
    files = {**class_folders(count=6, base="train/"), **class_folders(count=3, base="test/")}
    token = staged(tmp_path, files)
    app = bring(visit, token)
    assert "Gives 12 training and 6 test images" in words(app)
    assert not [slider for slider in app.slider if slider.key == f"share-{token}"]


@pytest.mark.usefixtures("at_once")
def test_what_was_brought_in_is_looked_at_or_trained_on(visit, pets):
    app = bring(visit, pets)
    app.button(key=f"start-{pets}").click().run()
    assert "16 images of 2 classes" in app.success[0].value
    assert app.dataframe[0].value.values.tolist() == [["cat/words.jpg", app.dataframe[0].value["why"][0]]]
    # A reload, or another tab, finds the same.
    other = bring(visit, pets)
    assert "16 images of 2 classes" in other.success[0].value
    other.button(key="look-at-brought-in").click().run()
    assert other.query_params["dataset"] in ("my-pets", ["my-pets"])
    assert "job" not in other.query_params
    app.button(key="train-on-brought-in").click().run()
    assert not app.exception
    assert app.session_state["draft"].settings["dataset"] == "my-pets"


@pytest.mark.usefixtures("never")
def test_work_under_way_is_found_by_another_tab_and_can_be_cancelled(visit, pets):
    job = start_bringing(find_staged(pets), own_settings(PETS))
    job.write_status(JobStatus(heartbeat=time.time(), share=0.5, doing="7 of 14 pictures, 100 a second"))
    app = bring(visit)
    assert "**My pets.zip** is being brought in: 50%" in words(app)
    app.button(key=f"show-bringing-{pets}").click().run()
    assert "You can leave this page" in words(app)
    assert app.get("progress")[0].proto.text == "7 of 14 pictures, 100 a second"
    app.button(key=f"bring-in-{pets}-cancel").click().run()
    assert not app.exception
    assert job.state == "cancelled"
    assert "Nothing of them was kept" in words(app)
    assert own_names() == []


@pytest.mark.usefixtures("at_once")
def test_after_a_failure_the_choices_are_offered_again(visit, tmp_path):
    token = staged(tmp_path, {**class_folders(), **{f"bird/{number}.png": b"words" for number in range(6)}})
    app = bring(visit, token)
    app.button(key=f"start-{token}").click().run()
    assert "It was not brought in. Class 'bird' has no training image" in app.error[0].value
    app.multiselect(key=f"leave-out-{token}").set_value(["bird"])
    app.run()
    app.button(key=f"start-{token}").click().run()
    assert "12 images of 2 classes" in app.success[0].value


@pytest.mark.usefixtures("never")
def test_a_process_that_was_killed_is_told_and_can_be_started_again(visit, pets):
    job = start_bringing(find_staged(pets), own_settings(PETS))
    job.write_status(JobStatus(heartbeat=time.time() - 3600, share=0.5))
    app = bring(visit, pets)
    assert "has not been heard of" in app.error[0].value
    assert app.text_input(key=f"name-{pets}").value == "pets"
    assert not app.button(key=f"start-{pets}").disabled


@pytest.mark.usefixtures("at_once")
def test_an_address_of_something_that_is_gone_says_so(visit, pets):
    app = bring(visit, "01234567")
    assert "no longer waiting here" in app.info[0].value
    assert "From this computer" in words(app)
    start_bringing(find_staged(pets), own_settings(PETS))
    remove_own("pets")
    assert "deleted since" in bring(visit, pets).info[0].value


def test_other_pictures_can_be_chosen(visit, pets):
    app = bring(visit, pets)
    app.button(key=f"leave-{pets}").click().run()
    assert find_staged(pets) is None
    assert find_job(KIND, pets) is None
    assert "From this computer" in words(app)
    assert not app.info


def test_a_path_whose_folder_has_gone_is_told(visit, allowed):
    folder = folder_at(allowed / "pets", class_folders())
    token = stage_path(str(folder)).token
    folder.rename(allowed / "elsewhere")
    app = bring(visit, token)
    assert "does not exist" in app.error[0].value
    assert app.button(key=f"leave-{token}")


def test_names_of_others_are_shown_as_they_are(visit, tmp_path):
    token = staged(tmp_path, class_folders(("**bold**", "<b>x</b>", "[a](http://b)")), "*a* <b>.zip")
    app = bring(visit, token)
    assert r"\*a\* \<b\>" in words(app)
    html = "".join(element.value for element in app.get("html"))
    assert "<b>x" not in html
    assert "&lt;b&gt;x" in html


def test_the_limit_of_an_upload_is_told(visit):
    app = bring(visit)
    assert f"{staging.MOST_MEGABYTES:,} MB" in app.file_uploader(key="bring-in-zip").label
