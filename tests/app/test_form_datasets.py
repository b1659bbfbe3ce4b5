"""The dataset of the form: imbalanced classes, a way to its images, and one that is deleted or damaged meanwhile."""

import numpy as np

from cnn_core.data.own.store import CARD, own_folder, remove_own
from tests.own_data import own_dataset


def setup(visit, dataset):
    app = visit("train.py", view="setup")
    app.selectbox(key="dataset").set_value(dataset)
    app.run()
    assert not app.exception
    return app


def captions(app):
    return " ".join(element.value for element in app.caption)


def test_imbalanced_classes_are_told_and_a_button_makes_them_count_alike(visit):
    own_dataset("uneven", classes=3, counts=[90, 30, 10])
    app = setup(visit, "uneven")
    assert "largest class has 9 times the images of the smallest" in captions(app)
    app.button(key="balance-classes").click().run()
    assert not app.exception
    assert "class weights make up for it" in captions(app)
    assert "balance-classes" not in [button.key for button in app.button]
    assert [box.value for box in app.selectbox if box.label == "Class weights"] in ([], ["balanced"])


def test_balanced_classes_are_not_worth_a_word(visit):
    own_dataset("even", classes=3, counts=[30, 20, 20])
    assert "smallest" not in captions(setup(visit, "even"))
    assert "smallest" not in captions(setup(visit, "digits"))


def test_of_groups_only_about_how_many_are_held_back_is_known(visit):
    own_dataset("grouped", classes=2, counts=[30, 30], groups=np.arange(60) // 3)
    assert "About 54 images to learn from" in captions(setup(visit, "grouped"))


def test_a_dataset_that_is_deleted_while_it_is_chosen_gives_way_to_the_recommended_one(visit):
    own_dataset("mine")
    app = setup(visit, "mine").switch_page("home.py").run()
    remove_own("mine")
    app.switch_page("train.py").run()
    assert not app.exception
    assert app.selectbox(key="dataset").value == "fashion-mnist"
    assert any("**mine** that was chosen here is gone" in text.value for text in app.markdown)


def test_a_damaged_dataset_is_named_and_the_others_can_be_chosen(visit):
    own_dataset("mine")
    own_dataset("broken")
    (own_folder("broken") / CARD).write_bytes(b"{")
    app = setup(visit, "mine")
    assert "broken" in app.selectbox(key="dataset").options
    app.selectbox(key="dataset").set_value("broken")
    app.run()
    assert not app.exception
    assert app.selectbox(key="dataset").value == "mine"
    assert any("'broken' cannot be read" in toast.value for toast in app.toast)
