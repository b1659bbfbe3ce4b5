"""``datasets add``: settings that suit the pictures, unless others are asked for."""

import json

import pytest
from typer.testing import CliRunner

from cnn_core.cli import app
from cnn_core.data.own.store import own_names
from tests.own_sources import class_folders, folder_at, png, zip_at


def add(*arguments):
    result = CliRunner().invoke(app, ["datasets", "add", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ((), [48, 48, 1]),
        (("--size", 20), [20, 20, 1]),
        (("--colour",), [48, 48, 3]),
        (("--set", "width=9"), [48, 9, 1]),
    ],
)
def test_what_is_not_asked_for_suits_the_pictures(tmp_path, arguments, shape):
    files = {f"{name}/{number}.png": png(9 * number, (50, 60), "L") for name in "ab" for number in range(6)}
    status, out, told = add(zip_at(tmp_path / "Signs.zip", files), "--json", *arguments)
    assert status == 0
    card = json.loads(out)
    assert (card["name"], card["title"]) == ("signs", "Signs")
    assert [card["frame"][side] for side in ("height", "width", "channels")] == shape
    # Letters are not mirrored.
    assert card["is_mirrored_alike"] is False
    assert "12 of 12 pictures" in told


def test_a_wrong_call_is_told_and_leaves_nothing(tmp_path):
    status, _, told = add(tmp_path / "nothing")
    assert status == 2
    assert "does not exist" in told
    folder_at(tmp_path / "pets", class_folders())
    status, _, told = add(tmp_path / "pets", "--size", 4)
    assert status == 2
    assert "height" in told
    assert own_names() == []
