"""The Data page as a whole: which dataset is shown, and what can be done with it."""

import io
import zipfile
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.folders import data_folder
from cnn_core.data.load import dataset_state
from cnn_core.data.own.store import own_folder, read_card
from cnn_core.models.presets import preset_config
from cnn_core.runs.store import create_run
from pages.parts.data import zip_download
from tests.app.reading import open_tab
from tests.fixtures import digits_config, finished_run, started_run
from tests.own_pictures import brought, class_folders


@pytest.fixture
def mine(tmp_path):
    return brought(class_folders(tmp_path / "pictures"), description="Animals of *ours*.")


def texts(app):
    return "\n".join(element.value for kind in (app.markdown, app.caption, app.warning, app.info) for element in kind)


@pytest.mark.parametrize("show", ["Overview", "Images", "Map", "Duplicates", "Prepare", "Manage"])
@pytest.mark.parametrize("name", ["digits", "mine"])
@pytest.mark.usefixtures("mine")
def test_every_view_opens(visit, name, show):
    app = visit("data.py", dataset=name, show=show)
    assert not app.exception
    assert not app.error
    assert [title.value for title in app.title] == ["Data"]


@pytest.mark.usefixtures("mine")
def test_a_view_opens_as_it_was_left_and_anew_for_another_dataset(visit):
    app = visit("data.py", dataset="digits", show="Images", part="test", **{"class": "7"})
    open_tab(app, "Map")
    assert app.query_params == {"dataset": "digits", "show": "Map"}
    open_tab(app, "Images")
    assert app.query_params == {"dataset": "digits", "show": "Images", "part": "test", "class": "7"}
    open_tab(app, "Map")
    app.selectbox(key="dataset-to-look-at").set_value("mine").run()
    open_tab(app, "Images")
    assert not app.toast
    assert app.query_params == {"dataset": "mine", "show": "Images"}


def test_a_dataset_that_is_not_there_is_corrected_in_the_address(visit):
    app = visit("data.py", dataset="nonsense")
    assert app.selectbox(key="dataset-to-look-at").value == "fashion-mnist"
    assert "dataset" not in app.query_params


def test_a_dataset_that_is_not_on_this_machine_can_be_downloaded(visit, monkeypatch):
    from cnn_core.jobs import store

    started = []
    monkeypatch.setattr(store, "start_process", lambda arguments, _log: started.append(arguments))
    app = visit("data.py", dataset="mnist")
    assert "MNIST is not on this machine" in app.info[0].value
    app.button(key="download").click().run()
    assert started[0][0] == "job"
    assert "download-mnist-" in started[0][1]
    assert app.get("progress")


@pytest.mark.usefixtures("mine")
def test_the_card_is_shown_and_leaves(visit):
    app = visit("data.py", dataset="mine", show="Manage")
    assert "| cat | 5 | 1 |" in texts(app)
    assert "Animals of" in texts(app)
    assert app.get("link_button")[0].proto.url.endswith("/datasets/mine.zip")


def test_a_dataset_is_renamed_and_described(visit, mine):
    app = visit("data.py", dataset="mine", show="Manage")
    app.text_input(key="mine-title").set_value("Our animals")
    app.text_area(key="mine-description").set_value("Drawn on a Sunday.")
    app.text_input(key="mine-licence").set_value("CC0")
    next(button for button in app.button if button.label == "Save").click()
    app.run()
    card = read_card("mine")
    assert (card.title, card.description, card.licence) == ("Our animals", "Drawn on a Sunday.", "CC0")
    assert card.checksum == mine.checksum
    assert dataset_card("mine").title in app.selectbox(key="dataset-to-look-at").options


def test_a_built_in_dataset_can_be_neither_renamed_nor_deleted(visit):
    app = visit("data.py", dataset="digits", show="Manage")
    assert not [button for button in app.button if "Delete" in button.label]
    assert "neither renamed nor deleted" in texts(app)


@pytest.mark.usefixtures("mine")
def test_deleting_asks_first(visit):
    app = visit("data.py", dataset="mine", show="Manage")
    app.button(key="delete-dataset").click().run()
    app.button(key="delete-dataset-not").click().run()
    assert "mine" in dataset_names()
    app.button(key="delete-dataset").click().run()
    app.button(key="delete-dataset-now").click().run()
    assert "mine" not in dataset_names()
    assert not app.exception
    assert app.selectbox(key="dataset-to-look-at").value == "fashion-mnist"


@pytest.mark.usefixtures("mine")
def test_what_a_run_trains_on_is_not_deleted(visit):
    create_run(preset_config("mlp", dataset_card("mine")))
    app = visit("data.py", dataset="mine", show="Manage")
    app.button(key="delete-dataset").click().run()
    assert "stop it first" in texts(app)
    assert app.button(key="delete-dataset-now").disabled


@pytest.mark.usefixtures("mine")
def test_what_a_run_learned_from_goes_only_when_that_is_said(visit):
    run = finished_run(preset_config("mlp", dataset_card("digits")))
    path = run.path / "config.json"
    path.write_text(path.read_text().replace('"dataset": "digits"', '"dataset": "mine"'))
    app = visit("data.py", dataset="mine", show="Manage")
    assert run.id in texts(app)
    assert "has changed since" in texts(app)
    app.button(key="delete-dataset").click().run()
    assert app.button(key="delete-dataset-now").disabled
    app.checkbox(key="delete-dataset-used").check().run()
    app.button(key="delete-dataset-now").click().run()
    assert "mine" not in dataset_names()
    assert run.path.is_dir()


def test_the_runs_that_learned_from_it_are_linked(visit):
    run = finished_run()
    started_run(digits_config())
    app = visit("data.py", dataset="digits", show="Manage")
    assert f"/evaluate?run={run.id}" in texts(app)
    assert dataset_state("digits").state == "ready"


@pytest.mark.parametrize("name", ["mine", "тест-Ω", 'a"b'])
@pytest.mark.usefixtures("mine")
def test_the_zip_is_sent_whatever_its_dataset_is_called(name):
    own_folder("mine").rename(own_folder(name))
    reply = TestClient(Starlette(routes=zip_download.routes())).get(zip_download.zip_address(name))
    assert reply.status_code == 200
    told = reply.headers["content-disposition"]
    assert unquote(told.partition("filename*=UTF-8''")[2]) == f"{name}.zip"
    assert zipfile.ZipFile(io.BytesIO(reply.content)).testzip() is None


@pytest.mark.usefixtures("mine")
def test_a_title_that_cannot_be_used_is_told(visit):
    app = visit("data.py", dataset="mine", show="Manage")
    app.text_input(key="mine-title").set_value(" ")
    next(button for button in app.button if button.label == "Save").click()
    app.run()
    assert "title" in app.error[0].value
    assert read_card("mine").title == "Mine"
    # The rest of the page is there all the same.
    assert app.button(key="delete-dataset")


@pytest.mark.usefixtures("mine")
def test_a_damaged_dataset_is_told_and_can_be_deleted(visit):
    path = data_folder() / "mine" / "train_images.npy"
    path.write_bytes(path.read_bytes()[:-10])
    visit("data.py", dataset="mine")
    app = visit("data.py", dataset="mine")
    assert not app.exception
    assert "damaged" in app.error[0].value
    app.button(key="delete-dataset").click().run()
    app.button(key="delete-dataset-now").click().run()
    assert "mine" not in dataset_names()


def test_two_datasets_of_one_title_are_told_apart(visit, tmp_path):
    pictures = class_folders(tmp_path / "pictures")
    brought(pictures)
    brought(pictures, name="other")
    options = visit("data.py", dataset="mine").selectbox(key="dataset-to-look-at").options
    assert {"Mine (mine)", "Mine (other)"} < set(options)


def test_classes_that_were_left_out_stand_on_the_card(visit, tmp_path):
    pictures = class_folders(tmp_path / "pictures", ("cat", "dog", "hen"))
    assert brought(pictures, leave_out=("hen",)).left_out_classes == {"hen": 6}
    assert "hen (6)" in texts(visit("data.py", dataset="mine", show="Manage"))
