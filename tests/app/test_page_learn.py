"""Learn: every number on the page, the address that sets the page up, and what is told where something is wrong."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from scipy.signal import correlate2d
from streamlit.runtime.state.query_params import QueryParams

from cnn_core.data.load import load_dataset
from pages.parts.learn import views
from tests.app.drawing import picture_of, send
from tests.app.reading import component_of, html_of, open_tab, trigger, words_of

# Right minus left; on this machine of the tests there are the digits of 8×8 alone.
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float)
BOARDS = {
    views.CONVOLUTION: "board-convolution",
    views.ACTIVATION: "board-activation",
    views.POOLING: "board-pooling",
}


@pytest.fixture
def learn(visit):
    """Open the page at its view Convolution, or at another one."""
    return lambda **query: visit("learn.py", **{"show": views.CONVOLUTION, **query})


@pytest.fixture
def app(learn):
    return learn()


@pytest.fixture
def entries(app, monkeypatch):  # noqa: ARG001 - what it does at first does not count
    """The entries that the page makes in the history of the browser, once it is drawn."""
    made = []
    send_params = QueryParams._send_query_param_msg

    def noted(params):
        made.append(str(params))
        send_params(params)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", noted)
    return made


def digit(index=0):
    return load_dataset("digits").train_images[index, ..., 0] / 255


def chosen(app):
    """What the address asks for within the view."""
    return {name: app.query_params[name] for name in app.query_params if name != "show"}


def map_of(app, key, which="after"):
    sheet = component_of(app, key)[which]
    return np.array(sheet["values"]).reshape(sheet["rows"], sheet["columns"])


def told(app):
    return " ".join(toast.value for toast in app.toast)


def pooled_by_hand(values, side=2, take=np.max):
    rows, columns = (length // side for length in values.shape)
    blocks = values[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return take(blocks, axis=(1, 3))


def test_it_opens_with_vertical_edges_of_the_first_image(app):
    assert not app.exception
    np.testing.assert_allclose(map_of(app, "board-convolution", "before"), digit(), atol=1e-4)
    np.testing.assert_allclose(map_of(app, "board-convolution"), correlate2d(digit(), SOBEL, "valid"), atol=1e-4)
    assert chosen(app) == {}


def test_the_sum_is_written_out_for_the_place_that_is_chosen(app):
    trigger(app, "board-convolution", "choose", [2, 4])
    assert app.query_params["at"] == "3.5"
    patch = digit()[2:5, 4:7]
    words = html_of(app)
    assert f"{(patch * SOBEL).sum():.3f}".rstrip("0").rstrip(".").replace("-", "−") in words
    assert words.count("·(−2)") == 1
    assert "The sum at row 3, column 5" in words_of(app)
    assert "8×8 → 6×6: (8 − 3) / 1 \\+ 1 \\= 6" in words_of(app) or "(8 − 3) / 1 + 1 = 6" in words_of(app)


def test_at_first_the_largest_sum_is_written_out(app):
    result = map_of(app, "board-convolution")
    row, column = component_of(app, "board-convolution")["at"]
    assert result[row, column] == result.max()


@pytest.mark.parametrize("forged", [[6, 0], [0, -1], ["0", 0], [0], "rubbish", None, [1e9, 2]])
def test_a_place_that_no_browser_of_ours_sends_is_passed_over(app, forged):
    trigger(app, "board-convolution", "choose", forged)
    assert not app.exception
    assert "at" not in app.query_params


def test_stride_and_padding_make_the_map_that_keras_makes(app):
    app.segmented_control(key="learn-stride").set_value(2).run()
    app.segmented_control(key="learn-padding").set_value("zeros").run()
    assert (app.query_params["stride"], app.query_params["padding"]) == ("2", "zeros")
    # Of eight columns and a stride of 2, Keras puts the one line of zeros below and on the right.
    padded = np.pad(digit(), ((0, 1), (0, 1)))
    np.testing.assert_allclose(
        map_of(app, "board-convolution"), correlate2d(padded, SOBEL, "valid")[::2, ::2], atol=1e-4
    )
    assert component_of(app, "board-convolution")["pads"] == [0, 1, 0, 1]


def test_a_choice_is_one_entry_of_the_browsers_history(app, entries):
    app.selectbox(key="learn-kernel").set_value("sharpen").run()
    trigger(app, "board-convolution", "choose", [1, 1])
    app.segmented_control(key="learn-stride").set_value(3).run()
    assert len(entries) == 3


def test_another_kernel_asks_for_no_place(app):
    trigger(app, "board-convolution", "choose", [5, 5])
    app.selectbox(key="learn-kernel").set_value("gaussian-blur").run()
    assert chosen(app) == {"kernel": "gaussian-blur"}
    assert "Gaussian blur" in words_of(app)


def test_numbers_that_are_typed_become_a_kernel_of_ones_own(app):
    trigger(app, "board-convolution", "edit", "0 0 0 0 0 0 0 0 2")
    assert app.query_params["kernel"] == "own"
    np.testing.assert_allclose(map_of(app, "board-convolution"), 2 * digit()[2:, 2:], atol=1e-4)
    assert app.selectbox(key="learn-kernel").value == "own"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0 0 0 0 abc 0 0 0 0", "“abc”, which is no number"),
        ("0 0 nan 0 0 0 0 0 0", "must be a finite number"),
        ("1 2 3 4", "these are 4"),
        ("1 " * 500, "these are 500"),
        ("? 0 0 0 0 0 0 0 0", "Number 1 of the kernel is “?”"),
    ],
)
def test_what_is_no_kernel_is_told_and_the_one_before_stays(app, typed, words):
    trigger(app, "board-convolution", "edit", typed)
    assert not app.exception
    assert words in words_of(app).replace("\\", "")
    assert chosen(app) == {}
    np.testing.assert_allclose(map_of(app, "board-convolution"), correlate2d(digit(), SOBEL, "valid"), atol=1e-4)
    # Once: the next choice is not about it.
    app.segmented_control(key="learn-stride").set_value(2).run()
    assert not app.error


def test_a_forged_edit_is_passed_over(app):
    trigger(app, "board-convolution", "edit", {"kernel": 1})
    assert not app.exception
    assert chosen(app) == {}


def test_ones_own_kernel_grows_to_five_by_five_and_back(app):
    trigger(app, "board-convolution", "edit", "1 2 3 4 5 6 7 8 9")
    app.segmented_control(key="learn-side").set_value(5).run()
    assert component_of(app, "board-convolution")["window"] == 5
    app.segmented_control(key="learn-side").set_value(3).run()
    assert component_of(app, "board-convolution")["kernel"]["weights"] == list(range(1, 10))


def test_who_goes_on_to_own_numbers_begins_with_the_kernel_before(app):
    app.selectbox(key="learn-kernel").set_value("own").run()
    assert component_of(app, "board-convolution")["kernel"]["weights"] == SOBEL.ravel().tolist()


def test_a_link_opens_the_same_page(learn):
    app = learn(picture="digits", image="7", kernel="emboss", stride="2", padding="zeros", at="2.3")
    assert not app.exception
    assert not app.toast
    np.testing.assert_allclose(map_of(app, "board-convolution", "before"), digit(7), atol=1e-4)
    assert component_of(app, "board-convolution")["at"] == [1, 2]
    assert app.selectbox(key="learn-kernel").value == "emboss"
    assert app.segmented_control(key="learn-padding").value == "zeros"


def test_nonsense_in_the_address_is_corrected_and_told(learn):
    nonsense = {
        "picture": "cats",
        "image": "-3",
        "kernel": "<b>",
        "stride": "77",
        "padding": "x",
        "at": "9.9",
    }
    app = learn(**nonsense)
    assert not app.exception
    assert chosen(app) == {}
    for words in ("cats", "-3", "77", "9.9"):
        assert words in told(app).replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize("at", ["", ".", "1", "1.1.1", "0.1", "1.0", "a.b", "1e1.1", "7.1", "²·1", "9" * 400])
def test_a_place_that_is_none_is_corrected(learn, at):
    app = learn(at=at)
    assert not app.exception
    assert "at" not in app.query_params
    assert "there is no place" in told(app)


def test_a_dataset_that_is_not_here_is_told(learn):
    app = learn(picture="fashion-mnist", image="3")
    assert "is not on this machine" in told(app)
    assert map_of(app, "board-convolution", "before").shape == (8, 8)


def test_numbers_of_the_address_that_are_no_kernel_are_told(learn):
    app = learn(kernel="own", numbers="1 2 nan")
    assert not app.exception
    assert "finite number" in told(app)
    np.testing.assert_allclose(map_of(app, "board-convolution"), digit()[1:-1, 1:-1], atol=1e-4)


def test_back_takes_the_choice_back(app):
    app.selectbox(key="learn-kernel").set_value("blur").run()
    del app.query_params["kernel"]
    app.run()
    assert app.selectbox(key="learn-kernel").value == "sobel-vertical"


def test_another_one_shows_another_image(app):
    app.button(key="learn-another").click().run()
    index = int(app.query_params["image"])
    np.testing.assert_allclose(map_of(app, "board-convolution", "before"), digit(index), atol=1e-4)


def upload(app, content, name="photo.png"):
    app.file_uploader(key="learn-file").set_value([(name, content, "image/png")])
    return app.run()


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_photo_is_made_grey_and_small_and_says_so(learn):
    app = learn(picture="upload")
    assert "Bring a picture" in app.info[0].value
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, 100:, 0] = 255
    upload(app, png(pixels))
    assert not app.exception
    assert not app.info
    shown = map_of(app, "board-convolution", "before")
    assert shown.shape == (16, 32)
    np.testing.assert_allclose(shown[:, 20:], 0.299, atol=1 / 255)
    assert "made grey and shrunk from 200×100 to 32×16 pixels" in words_of(app)


def test_an_upload_stays_in_the_other_views(learn):
    app = learn(picture="upload", kernel="identity")
    upload(app, png(np.full((20, 20), 255, np.uint8)))
    open_tab(app, views.POOLING)
    assert not app.exception
    np.testing.assert_allclose(map_of(app, "board-pooling"), np.ones((9, 9)))
    open_tab(app, views.CONVOLUTION)
    assert map_of(app, "board-convolution", "before").shape == (20, 20)


def test_a_broken_upload_is_told(learn):
    app = learn(picture="upload")
    upload(app, b"GIF89a and then nothing")
    assert not app.exception
    assert "damaged" in app.error[0].value or "cannot be read" in app.error[0].value
    assert map_of(app, "board-convolution", "before").shape == (8, 8)


def test_a_drawing_is_convolved(learn):
    app = learn(picture="drawing", kernel="identity", padding="zeros")
    assert "Draw something" in app.info[0].value
    send(app, picture_of((0, 0, 140, 279)))
    assert not app.exception
    shown = map_of(app, "board-convolution", "before")
    assert shown.shape == (32, 32)
    assert shown[:, :15].max() < 0.1
    assert shown[:, 18:].min() > 0.9
    open_tab(app, views.ACTIVATION)
    assert map_of(app, "board-activation", "before").shape == (32, 32)


def test_a_picture_smaller_than_the_kernel_is_told(learn):
    app = learn(picture="upload", kernel="gaussian-blur")
    upload(app, png(np.full((4, 4), 255, np.uint8)))
    assert not app.exception
    assert "does not fit into a map of 4×4" in app.error[0].value


@pytest.mark.parametrize("view", list(BOARDS))
def test_each_view_teaches_in_80_to_150_words_and_gives_something_to_try(learn, view):
    app = learn(show=view)
    lesson = max((markdown.value for markdown in app.markdown), key=len)
    assert 80 <= len(re.findall(r"\w+", lesson)) <= 150
    tries = [button for button in app.button if button.key.startswith("try-")]
    assert len(tries) == 3
    for one in tries:
        app.button(key=one.key).click().run()
        assert not app.exception
        assert not app.error
        assert BOARDS[view] in [element.key for element in app.get("bidi_component")]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("tanh", np.tanh),
    ],
)
def test_an_activation_changes_each_number(learn, name, function):
    app = learn(show=views.ACTIVATION, activation=name, at="2.2")
    before = correlate2d(digit(), SOBEL, "valid")
    np.testing.assert_allclose(map_of(app, "board-activation", "before"), before, atol=1e-4)
    np.testing.assert_allclose(map_of(app, "board-activation"), function(before), atol=1e-4)
    assert "Row 2, column 2:" in words_of(app)


def test_the_slope_of_the_leaky_one_is_a_slider(learn):
    app = learn(show=views.ACTIVATION)
    assert not app.slider
    app.segmented_control(key="learn-activation").set_value("leaky_relu").run()
    app.slider(key="learn-slope").set_value(0.5).run()
    assert app.query_params["slope"] == "0.5"
    before = correlate2d(digit(), SOBEL, "valid")
    np.testing.assert_allclose(map_of(app, "board-activation"), np.where(before < 0, before / 2, before), atol=1e-4)


def test_both_maps_of_an_activation_have_one_scale(learn):
    board = component_of(learn(show=views.ACTIVATION), "board-activation")
    assert board["before"]["limit"] == board["after"]["limit"]
    assert board["before"]["isSigned"]


@pytest.mark.parametrize(("kind", "take"), [("max", np.max), ("average", np.mean)])
def test_pooling_keeps_a_number_of_each_window(learn, kind, take):
    app = learn(show=views.POOLING, pooling=kind)
    feature_map = np.maximum(correlate2d(digit(), SOBEL, "valid"), 0)
    np.testing.assert_allclose(map_of(app, "board-pooling"), pooled_by_hand(feature_map, take=take), atol=1e-4)
    assert ("max(" in html_of(app)) == (kind == "max")


def test_a_move_of_the_picture_is_measured(learn):
    app = learn(show=views.POOLING)
    assert not app.metric
    app.segmented_control(key="learn-shift").set_value("right").run()
    assert app.query_params["shift"] == "right"
    picture = digit()
    moved = np.hstack([picture[:, :1], picture[:, :-1]])
    maps = [np.maximum(correlate2d(one, SOBEL, "valid"), 0) for one in (picture, moved)]
    pooled = [pooled_by_hand(one) for one in maps]
    shown = {metric.label: metric.value for metric in app.metric}
    for label, (before, after) in {"Feature map": maps, "Pooled map": pooled}.items():
        share = np.abs(after - before).sum() / np.abs(before).sum()
        assert shown[f"{label} changes by"] == f"{share:.2%}"


def test_a_window_that_does_not_fit_is_told(learn):
    app = learn(show=views.POOLING, stride="3", window="3")
    assert not app.exception
    assert "does not fit" in app.error[0].value


def test_what_was_looked_at_waits_while_another_view_is_open(app):
    trigger(app, "board-convolution", "choose", [1, 2])
    open_tab(app, views.POOLING)
    assert "at" not in app.query_params
    trigger(app, "board-pooling", "choose", [2, 2])
    open_tab(app, views.CONVOLUTION)
    assert app.query_params["at"] == "2.3"


def test_a_place_waits_no_longer_once_the_map_is_another_one(app):
    open_tab(app, views.ACTIVATION)
    trigger(app, "board-activation", "choose", [5, 5])
    open_tab(app, views.CONVOLUTION)
    app.segmented_control(key="learn-stride").set_value(3).run()
    open_tab(app, views.ACTIVATION)
    assert not app.toast
    assert "at" not in app.query_params


def test_a_place_of_the_feature_map_waits_while_pooling_changes(app):
    trigger(app, "board-convolution", "choose", [1, 2])
    open_tab(app, views.POOLING)
    app.segmented_control(key="learn-window").set_value(3).run()
    open_tab(app, views.CONVOLUTION)
    assert app.query_params["at"] == "2.3"


def test_the_way_back_to_picture_and_kernel_is_a_button(learn):
    app = learn(show=views.POOLING, kernel="sharpen")
    app.button(key="to-convolution").click().run()
    assert app.query_params["show"] == views.CONVOLUTION
    assert app.query_params["kernel"] == "sharpen"


@pytest.mark.parametrize("view", list(BOARDS))
def test_the_drawing_marks_where_one_is(learn, view):
    words = html_of(learn(show=view))
    (here,) = re.findall(r'aria-current="step">.*?<span class="name">(.*?)</span>', words)
    assert here == view
    assert "8×8" in words
