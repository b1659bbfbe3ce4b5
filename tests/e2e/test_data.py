"""One's own pictures, from the ZIP to the answer: brought in, looked at, trained on, evaluated, classified with."""

import csv
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from cnn_core.images.decode import decode_picture
from tests.e2e.conftest import Server
from tests.e2e.journeys import set_number, settled, start_training

# Pictures of people lie beside the datasets where the project is developed; elsewhere some are made up.
SAMPLES = Path(os.environ.get("CNN_LAB_DATA", "")).parent / "samples"
SHAPES = ("circle", "cross", "square")


def made_up(path: Path, size: tuple[int, int]) -> Path:
    """A ZIP of coloured shapes on noise, in class folders."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for label, shape in enumerate(SHAPES):
            for number in range(40):
                picture = Image.fromarray(rng.integers(0, 90, (size[1], size[0], 3), np.uint8))
                left, top = rng.integers(0, size[0] // 3), rng.integers(0, size[1] // 3)
                box = [left, top, left + size[0] // 2, top + size[1] // 2]
                draw, colour = ImageDraw.Draw(picture), tuple(np.roll([230, 120, 40], label))
                if shape == "cross":
                    draw.line(box, fill=colour, width=4)
                    draw.line([box[0], box[3], box[2], box[1]], fill=colour, width=4)
                else:
                    (draw.ellipse if shape == "circle" else draw.rectangle)(box, fill=colour)
                with archive.open(f"shapes/{shape}/{number}.png", "w") as file:
                    picture.save(file, "png")
    return path


def small_pictures(folder: Path) -> Path:
    """A ZIP of colour pictures of 32×32, with training and test apart."""
    real = SAMPLES / "cifar10-small.zip"
    return real if real.is_file() else made_up(folder / "shapes.zip", (32, 32))


def photos(folder: Path) -> Path:
    """A ZIP of photos of all proportions, in class folders by what the photographer called them."""
    table = SAMPLES / "photos" / "labels.csv"
    if not table.is_file():
        return made_up(folder / "photos.zip", (200, 150))
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive, table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            archive.write(table.parent / row["file"], f"{row['kind']}/{row['file']}")
    return folder / "photos.zip"


def first_picture(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith((".jpg", ".png")))
        content = archive.read(name)
    assert decode_picture(content, name).rgb.size
    (folder / Path(name).name).write_bytes(content)
    return folder / Path(name).name


@pytest.mark.parametrize("pictures", [small_pictures, photos])
def test_ones_own_pictures_from_the_zip_to_an_answer(
    visit: Callable[[str], Page], server: Server, tmp_path: Path, pictures: Callable[[Path], Path]
):
    path = pictures(tmp_path)
    page = visit("/data?dataset=bring-in")
    page.locator("input[type=file]").set_input_files(path)
    bring = page.get_by_role("button", name="Bring them in")
    bring.wait_for()
    settled(page)
    bring.click()
    page.get_by_role("button", name="Look at it").wait_for(timeout=120_000)
    # A reload finds it again.
    page.reload()
    look = page.get_by_role("button", name="Look at it")
    look.wait_for()
    settled(page)
    look.click()
    page.get_by_text("Images of each class").wait_for()
    name = re.search(r"dataset=([\w-]+)", page.url).group(1)
    assert (server.data / name / "dataset.json").is_file()
    settled(page)

    page.get_by_role("button", name="Train on it").click()
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    settled(page)
    set_number(page, "Epochs", 1)
    start_training(page)
    page.get_by_text(re.compile(r"Finished after")).wait_for(timeout=240_000)

    page.get_by_test_id("stMain").get_by_role("link", name="Evaluate").click()
    page.get_by_role("heading", name="Confusion matrix").wait_for()
    assert 0 < float(page.get_by_test_id("stMetricValue").first.inner_text().rstrip("%")) <= 100
    settled(page)
    expect(page.locator(".cnn-lab-tiles button img").first).to_be_visible()

    page.get_by_role("link", name="Classify", exact=True).click()
    page.locator("input[type=file]").set_input_files(first_picture(path, tmp_path))
    answer = page.locator(".cnn-lab-answer")
    answer.wait_for(timeout=60_000)
    assert answer.locator("li").count() >= 2
