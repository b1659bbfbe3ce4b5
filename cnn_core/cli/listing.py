"""Commands that list what is there: ``runs`` and ``presets``."""

from __future__ import annotations

import json
from dataclasses import asdict

from cnn_core.cli.app import AsJson, app, say


@app.command()
def runs(as_json: AsJson = False) -> None:
    """List the runs, newest first."""
    from cnn_core.runs.store import list_runs, runs_folder
    from cnn_core.runs.summary import summarise

    rows = [summarise(run) for run in list_runs()]
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    if not rows:
        say(f"No runs in {runs_folder()} yet. `python -m cnn_core train` starts one.")
    for row in rows:
        accuracy = f"{row.test_accuracy:.2%}" if row.test_accuracy is not None else "–"
        print(f"{row.id:<44}{row.state:<10}{row.dataset or '–':<16}{accuracy:>8}  {row.message or ''}")


@app.command()
def presets(as_json: AsJson = False) -> None:
    """List the presets: networks with the training that suits them."""
    from cnn_core.models.presets import PRESETS

    if as_json:
        print(
            json.dumps(
                [
                    {
                        "name": preset.name,
                        "title": preset.title,
                        "description": preset.description,
                        "model": preset.model.model_dump(),
                        "training": preset.training.model_dump(),
                        "augmentation": preset.augmentation.model_dump(),
                    }
                    for preset in PRESETS
                ]
            )
        )
        return
    for preset in PRESETS:
        print(f"{preset.name:<16}{preset.description}")
