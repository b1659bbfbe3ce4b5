"""The command that compares two trained networks: ``compare``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cnn_core.cli.app import AsJson, app, wrong_call

if TYPE_CHECKING:
    from cnn_core.evaluation.comparison import Comparison


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A run's id, its path, or 'showcase'.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another run, tested on the same images.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs image by image on the test images that both were evaluated on."""
    from cnn_core.evaluation.comparison import compare as compare_answers
    from cnn_core.evaluation.comparison_words import NOT_COVERED, verdict
    from cnn_core.evaluation.disagreements import class_changes
    from cnn_core.runs.comparable import check_comparable
    from cnn_core.runs.store import resolve_run

    with wrong_call():
        run_a, run_b = resolve_run(a), resolve_run(b)
    # First, so that what is damaged or missing is told as that, and not as a wrong call.
    answers = run_a.predictions(), run_b.predictions()
    with wrong_call():
        check_comparable(run_a, run_b)
    comparison = compare_answers(*answers)
    classes = class_changes(*answers, run_a.record().data.class_names)
    if as_json:
        figures = {
            "accuracy_a": comparison.accuracy_a,
            "accuracy_b": comparison.accuracy_b,
            "accuracy_a_interval": comparison.interval_a,
            "accuracy_b_interval": comparison.interval_b,
            "difference": comparison.difference,
            **asdict(comparison),
        }
        ids = {"a": run_a.id, "b": run_b.id, "test_count": comparison.count}
        per_class = [asdict(row) for row in classes]
        print(json.dumps({**ids, **figures, "verdict": verdict(comparison), "per_class": per_class}))
        return
    _print_counts(run_a.id, run_b.id, comparison)
    print(f"{'recall of':<24}{'A':>10}{'B':>10}{'B - A':>10}")
    for row in classes:
        if row.recall_a is None:
            print(f"{row.name:<24}{'–':>10}{'–':>10}{'–':>10}  no test image")
        else:
            print(f"{row.name:<24}{row.recall_a:>10.4f}{row.recall_b:>10.4f}{row.difference:>+10.4f}")
    print(f"\n{verdict(comparison)}\n{NOT_COVERED}")


def _print_counts(a: str, b: str, comparison: Comparison) -> None:
    sides = [
        ("A", comparison.accuracy_a, comparison.interval_a, a),
        ("B", comparison.accuracy_b, comparison.interval_b, b),
    ]
    for side, accuracy, (low, high), run in sides:
        print(f"{side}  {accuracy:.2%} right (95 % interval {low:.2%} to {high:.2%})  {run}")
    counts = {
        "both right": comparison.both_right,
        "only A right": comparison.only_a_right,
        "only B right": comparison.only_b_right,
        "both wrong": comparison.both_wrong,
    }
    for name, count in counts.items():
        print(f"{name:<24}{count:>10,}")
