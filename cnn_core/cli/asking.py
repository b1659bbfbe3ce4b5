"""Commands that ask a trained network: ``evaluate``, ``predict``."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnn_core.cli.app import AsJson, RunArgument, app, fail, say, wrong_call
from cnn_core.cli.following import training_summary
from cnn_core.errors import CnnLabError

if TYPE_CHECKING:
    from cnn_core.evaluation.report import Report
    from cnn_core.runs.directory import Run

# By what the column "outlier" of a table of answers says.
_DOUBTS = {
    "yes": " (may be none of these)",
    "no": "",
    "cannot tell": " (this network cannot tell whether it is one of these)",
}


@app.command()
def evaluate(
    run: RunArgument,
    renew: Annotated[
        bool,
        typer.Option("--renew", help="Ask the saved network for all test and validation images again; seconds."),
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the evaluation as one HTML file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a finished run did on the test images."""
    from cnn_core.runs.store import resolve_run

    with wrong_call():
        found = resolve_run(run)
    if why := _why_not(found, renew=renew, html=html):
        fail(CnnLabError(why), status=2)
    if renew:
        from cnn_core.training.evaluating import renew_evaluation

        renew_evaluation(found)
    report = found.report()
    if html is not None:
        from cnn_core.html_report.make import write_report

        write_report(found, html)
        say(f"The evaluation is in '{html}'.")
    if as_json:
        print(json.dumps({**training_summary(found, report), **report.model_dump(mode="json")}))
        return
    _print_figures(found.id, report)
    print(f"{'class':<14}{'precision':>10}{'recall':>10}{'f1':>10}{'support':>10}")
    for row in report.per_class:
        print(f"{row.name:<14}{row.precision:>10.4f}{row.recall:>10.4f}{row.f1:>10.4f}{row.support:>10}")


def _why_not(run: Run, *, renew: bool, html: Path | None) -> str | None:
    """Why it cannot be done, before anything is changed."""
    why = None
    if renew:
        from cnn_core.training.evaluating import why_not_evaluated_anew

        why = why_not_evaluated_anew(run)
    if not why and html is not None:
        from cnn_core.html_report.make import why_not_written_to

        why = why_not_written_to(html)
    return why


def _print_figures(run_id: str, report: Report) -> None:
    print(
        f"Run {run_id}: {report.accuracy:.2%} of {report.test_count:,} test images right "
        f"(95 % interval {report.accuracy_low:.2%} to {report.accuracy_high:.2%}), loss {report.loss:.4f}"
    )
    after = "" if report.temperature is None else f", {report.calibrated_error:.2%} at T = {report.temperature:.3f}"
    print(
        f"True class among the two most probable: {report.top2_accuracy:.2%}. "
        f"Calibration error: {report.expected_calibration_error:.2%}{after}"
    )
    if report.is_test_set_watched:
        print("The test images were watched during the training, as the classic tutorials do.")


@app.command()
def predict(
    run: RunArgument,
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="Photos, drawings, images, or ZIPs of them.")
    ],
    top: Annotated[int, typer.Option(min=1, help="How many classes to name.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Classify pictures, one line each; those of a ZIP, too. What cannot be read gets its line, and the others go on.

    Exit status 1 only if not one picture could be answered.
    """
    from cnn_core.images.sources import sources_at
    from cnn_core.inference.answer_file import outlier_in_words
    from cnn_core.inference.classifier import load_classifier
    from cnn_core.runs.store import resolve_run

    with wrong_call():
        found = resolve_run(run)
    named = ((source.name, source.read) for source in chain.from_iterable(map(sources_at, pictures)))
    is_any_answered = False
    for row in load_classifier(found).rows(named, top):
        is_any_answered |= row["error"] is None
        if as_json:
            print(json.dumps(row), flush=True)
        elif row["error"]:
            say(row["error"])
        else:
            guesses = ", ".join(f"{guess['label']} {guess['probability']:.1%}" for guess in row["top"])
            print(f"{row['file']}: {guesses}{_DOUBTS[outlier_in_words(row)]}", flush=True)
    if not is_any_answered:
        raise typer.Exit(1)
