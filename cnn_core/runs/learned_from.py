"""Whether the dataset that a run learned from is still here, and still the same, told without reading its images."""

from __future__ import annotations

from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.errors import DatasetError
from cnn_core.runs.record import RunRecord


def why_not_its_dataset(record: RunRecord) -> str | None:
    """What became of a run's dataset, in a sentence; ``None``: it is known here as the run knew it.

    Whether the files of a published dataset are on this machine does not matter: they can be downloaded again.
    """
    if record.dataset not in dataset_names():
        return f"The dataset '{record.dataset}' that it learned from was deleted, or lies in another data folder."
    try:
        card = dataset_card(record.dataset)
    except DatasetError as error:
        return str(error)
    if card.checksum != record.data.checksum:
        return f"The dataset '{record.dataset}' is not the one that it learned from any more: it was replaced."
    return None
