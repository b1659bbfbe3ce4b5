"""How long does the Evaluate page take on the server?

Runs the page's script as a browser would have it run, by Streamlit's AppTest: from the request to the last element, in
this process, without a network and without a browser. "First" is with empty caches (answers, images, network), all else
with what an earlier visitor left. Measured on the showcase, and on made-up answers for many test images.

    python -m benchmarks.evaluate_page --repeat 5
"""

import argparse
import gc
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import streamlit as st  # noqa: TID251 (it measures the pages)
from streamlit.proto.WidgetStates_pb2 import WidgetState  # noqa: TID251
from streamlit.testing.v1 import AppTest  # noqa: TID251

from benchmarks.measuring import REPOSITORY, conclude
from cnn_core.data.catalogue import dataset_card
from cnn_core.evaluation.predictions import LabelledLogits, Predictions
from cnn_core.evaluation.report import Training, evaluate
from cnn_core.models.presets import preset_config
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.store import SHOWCASE, create_run, find_run, showcase
from cnn_core.runs.writer import RunWriter, save_evaluation
from pages.parts import explained  # noqa: TID251

TIMEOUT_SECONDS = 120
# True Shirt, predicted T-shirt/top in Fashion-MNIST: the cell with the most errors.
TRUE, PREDICTED = 6, 0
# Once: TensorFlow is imported once in a process. A server does that at its start, before anybody asks.
FIRST_IMAGE = "image, first (imports TensorFlow)"


@dataclass(frozen=True)
class Timing:
    """What was done, on which run, and its times in seconds, one a repetition."""

    run: str
    what: str
    seconds: list[float]

    @property
    def row(self) -> str:
        """A line of the table."""
        median, most = statistics.median(self.seconds), max(self.seconds)
        return f"{self.run:<24} {self.what:<34} {len(self.seconds):>3} {median:>9.3f} {most:>9.3f}"


def visit(run: str, **query: str) -> AppTest:
    """Open the page as a new visitor."""
    app = AppTest.from_file(REPOSITORY / "pages" / "shell.py", default_timeout=TIMEOUT_SECONDS)
    app.query_params = {"run": run, **query}
    return checked(app.switch_page("evaluate.py").run())


def checked(app: AppTest) -> AppTest:
    """The page, if it shows no error: a message would be quick to draw."""
    if app.exception or app.error:
        sys.exit("\n".join([*(str(found.value) for found in app.exception), *(found.value for found in app.error)]))
    return app


def click_cell(app: AppTest, true: int, predicted: int) -> AppTest:
    """Click a cell of the matrix: what the browser would send."""
    (matrix,) = [element for element in app.get("bidi_component") if element.key.startswith("matrix-")]
    states = app._tree.get_widget_states()
    events = json.dumps([{"event": "choose", "value": [true, predicted]}])
    name = f"$$STREAMLIT_INTERNAL_KEY_{matrix.proto.id}__events"
    states.widgets.append(WidgetState(id=name, json_trigger_value=events))
    return checked(app._run(states))


def open_image(app: AppTest, index: int) -> AppTest:
    """Open a test image as the gallery does: over the page, which is drawn too."""
    app.query_params["image"] = str(index)
    return checked(app.run())


def _explained(app: AppTest) -> AppTest:
    if not any("nearest to it" in part.value for part in app.markdown) or app.get("progress"):
        sys.exit("The image was opened without its neighbours. Where Fashion-MNIST is not: --without-images.")
    return app


def made_up_run(images: int, classes: int, seed: int) -> Run:
    """Write a run with answers that nobody gave: about 9 of 10 right, and validation answers of a tenth as many.

    Another seed gives other answers for the same labels.
    """
    run = create_run(preset_config("fast", dataset_card("fashion-mnist")))
    record = run.record()
    names = record.data.class_names if classes == 10 else tuple(f"class number {label}" for label in range(classes))
    data = record.data.model_copy(update={"class_names": names})
    (run.path / directory.CONFIG).write_text(record.model_copy(update={"data": data}).model_dump_json())
    answers, validation = (_answers(count, classes, seed) for count in (images, images // 10))
    training = Training(
        is_test_set_watched=False, best_epoch=1, val_accuracy=0.9, parameters=1000, outlier_threshold=0.0
    )
    report = evaluate(answers.labels, answers.logits, names, training, validation)
    save_evaluation(run, Predictions(answers.labels, answers.logits, validation), report)
    RunWriter(run).end("finished")
    return run


def _answers(count: int, classes: int, seed: int) -> LabelledLogits:
    labels = np.random.default_rng(0).integers(0, classes, count)
    logits = np.random.default_rng(1 + seed).normal(size=(count, classes)).astype(np.float32)
    logits[np.arange(count), labels] += 3.2 if classes == 10 else 4.2
    return LabelledLogits(labels, logits)


def actions(run: str, other: str, *, has_images: bool) -> Iterator[tuple[str, Callable[[], float]]]:
    """What is measured on a run: a name, and a function that does it once and gives its seconds.

    Args:
        run: The run's id.
        other: Of the run that it is compared with.
        has_images: Whether its images are on this machine.
    """
    yield "open, first", lambda: _timed(lambda: visit(run), clear=True)
    yield "open", lambda: _timed(lambda: visit(run))
    opened = visit(run)
    cells = iter(range(10**6))
    yield "click a cell", lambda: _timed(lambda: click_cell(opened, *_cell(next(cells))))
    for tab in [tab.label for tab in opened.tabs][1:]:
        yield f"tab {tab}", lambda tab=tab: _timed(lambda: visit(run, show=tab, other=other))
    reports = visit(run, show="Report")
    yield "make the HTML file", lambda: _timed(lambda: _press(reports, "Make the report"))
    if has_images:
        # Last: from now on TensorFlow is loaded, and the training images are read in the background for a while.
        yield FIRST_IMAGE, lambda: _timed(lambda: visit(run, image="0"), clear=True)
        explained.reading(find_run(run)).wait(TIMEOUT_SECONDS)
        wrong = iter(np.flatnonzero(~showcase().predictions().is_right).tolist())
        yield "image with Grad-CAM, neighbours", lambda: _timed(lambda: _explained(open_image(opened, next(wrong))))


def _subjects(images: int) -> Iterator[tuple[str, str, str]]:
    """A title, a run and another run to compare it with, while they are in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-evaluate-") as runs:
        os.environ["CNN_LAB_RUNS"] = runs
        shutil.copytree(showcase().path, Path(runs) / "copy")
        yield "showcase, 10,000 images", SHOWCASE, "copy"
        for classes in (10, 100):
            one, other = (made_up_run(images, classes, seed).id for seed in range(2))
            yield f"made up, {images:,} × {classes}", one, other


def _cell(number: int) -> tuple[int, int]:
    # Never the one that is already chosen.
    return (TRUE, PREDICTED) if number % 2 == 0 else (PREDICTED, TRUE)


def _press(app: AppTest, label: str) -> AppTest:
    (found,) = [button for button in app.button if button.label == label]
    return checked(found.click().run())


def _timed(act: Callable[[], object], *, clear: bool = False) -> float:
    if clear:
        st.cache_resource.clear()
    # As the server's warm-up does: Streamlit collects garbage after every run of a script.
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    """Measure, print the table, and write the numbers if asked."""
    arguments = _arguments()
    found: list[Timing] = []
    print(f"{'run':<24} {'what':<34} {'n':>3} {'median s':>9} {'max s':>9}")
    for title, run, other in _subjects(arguments.images):
        for what, act in actions(run, other, has_images=run == SHOWCASE and not arguments.without_images):
            # What is loaded once is loaded before.
            if "first" not in what:
                act()
            times = 1 if what == FIRST_IMAGE else arguments.repeat
            found.append(Timing(title, what, [act() for _ in range(times)]))
            print(found[-1].row, flush=True)
    conclude("benchmarks.evaluate_page", {"timings": [asdict(one) for one in found]}, arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate_page", description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each (default: %(default)s)")
    parser.add_argument("--images", type=int, default=100_000, help="made-up test images (default: %(default)s)")
    parser.add_argument("--without-images", action="store_true", help="Fashion-MNIST is not here: open no image")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
