"""The overview of a dataset: images of each class, what they look like, the pictures that they were made of."""

import pytest

from cnn_core.data.folders import data_folder
from cnn_core.data.own.listing import write_left_out
from tests.app.reading import charts_of, html_of, tiles_of, trigger, words_of
from tests.own_pictures import brought, class_folders


def visited(visit, dataset="digits", **choices):
    app = visit("data.py", dataset=dataset, **choices)
    assert not app.exception
    return app


def names_in_order(app, names):
    text = html_of(app)
    text = text[text.index('aria-label="Images of each class"') :]
    return sorted(names, key=lambda name: text.index(f'class="name">{name}<'))


@pytest.fixture
def uneven(tmp_path):
    """A dataset of one's own with a large class and a small one, and a file that is no picture."""
    class_folders(tmp_path / "pictures", ["<b>bird</b>"], count=120, side=12)
    class_folders(tmp_path / "pictures", ["ant"], count=10, side=9)
    (tmp_path / "pictures" / "ant" / "broken.jpg").write_text("no picture")
    return brought(tmp_path / "pictures")


def test_every_class_has_its_numbers_and_its_mean(visit):
    app = visited(visit)
    assert "The classes are about balanced" in words_of(app)
    assert "146 + 36" in html_of(app)
    assert tiles_of(app, "means") == [(name,) for name in "0123456789"]


def test_a_class_leads_to_its_images(visit):
    app = trigger(visited(visit), "means", "open", 7)
    assert (app.query_params["show"], app.query_params["class"]) == ("Images", "7")
    assert len(tiles_of(app, "wall")) == 100


def test_the_order_is_in_the_address_and_in_the_list(visit):
    app = visited(visit)
    app.selectbox(key="sort").set_value("smallest first")
    app.run()
    assert app.query_params["sort"] == "smallest first"
    order = names_in_order(app, "0123456789")
    assert order[0] == "8"
    assert names_in_order(visited(visit, sort="largest first"), "0123456789")[0] == "1"


def test_an_order_that_is_none_is_corrected(visit):
    app = visited(visit, sort="by colour")
    assert app.selectbox(key="sort").value == "as labelled"
    assert "sort" not in app.query_params


def test_imbalance_is_told_with_what_can_be_done(visit, uneven):
    app = visited(visit, uneven.name)
    (balance, few) = [warning.value for warning in app.warning]
    assert "imbalanced" in balance
    assert "Class weights" in balance
    assert "fewer than 20" in few
    # Names of classes are shown as they are, wherever they stand.
    assert "&lt;b&gt;bird" in html_of(app)
    assert "<b>bird</b>" not in html_of(app)


def test_the_originals_are_told(visit, uneven):
    app = visited(visit, uneven.name)
    assert "median size of **12 × 12** pixels; the smallest is **9 × 9**, the largest **12 × 12**" in words_of(app)
    assert "had to be enlarged to 10×10" in words_of(app)
    points = charts_of(app)["picture-sizes"]["data"][1]
    assert sorted(points["x"]) == [9, 12]


def test_what_was_left_out_is_listed_and_can_be_downloaded(visit, uneven):
    app = visited(visit, uneven.name)
    (left_out,) = [one for one in app.expander if "left out" in one.label]
    assert left_out.label == "1 file was left out"
    assert "broken.jpg" in left_out.dataframe[0].value["file"][0]
    assert app.download_button(key="left-out-csv")


def test_the_list_of_what_was_left_out_holds_no_formulas(visit, uneven, monkeypatch):
    made = {}

    def add_deferred(_manager, make, _mimetype, _coordinates, file_name=None, **_options):
        made[file_name] = make
        return file_name

    monkeypatch.setattr("streamlit.runtime.media_file_manager.MediaFileManager.add_deferred", add_deferred)
    write_left_out(data_folder() / uneven.name, [("=1+1.jpg", "broken")])
    visited(visit, uneven.name)
    lines = made["mine-left-out.csv"]().decode("utf-8-sig").splitlines()
    assert lines == ["file,why", "'=1+1.jpg,broken"]


def test_a_dataset_without_lists_has_an_overview_all_the_same(visit, uneven):
    for name in ("train_files.csv", "test_files.csv", "left_out.csv"):
        (data_folder() / uneven.name / name).unlink()
    app = visited(visit, uneven.name)
    assert "median size" not in words_of(app)
    assert not app.error


def test_a_built_in_dataset_has_no_originals(visit):
    assert "median size" not in words_of(visited(visit))


def test_many_classes_are_looked_at_page_by_page(visit, tmp_path):
    names = [f"c{number:03}" for number in range(60)]
    brought(class_folders(tmp_path / "pictures", names, count=3, side=8), fewest=2, height=8, width=8)
    app = visited(visit, "mine", page="3")
    assert html_of(app).count('class="name"') == 60
    assert tiles_of(app, "means") == [(name,) for name in names[48:]]
