#!/bin/sh
# Trains the network that ships as the showcase: two hours and a half of two cores without a GPU.
#
#     sh scripts/train_showcase.sh [PYTHON]             (an absolute path, or .venv/bin/python of this project)
#
# Three trainings of the network of `best`, each from the weights of the one before, and people's pictures at the end. The
# first learns the labels as they are, the second smoothed ones, which is worth accuracy and costs loss, and the third what
# both say, which has the accuracy of the second and most of the loss of the first.
#
# In cnn_core/showcase lie, of the last run, config.json, status.json, history.csv, report.json, predictions.npz,
# outliers.npz, adaptation.npz and model.keras, and the history.csv of the first one as beginning.csv.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${1:-.venv/bin/python}

# What all three share: 5% of the images held back and the last epoch kept; more is erased and dropped than `best` does.
# Prints the id of the run. One that was stopped is no ground for the next.
learn() {
    summary=$("$PYTHON" -m cnn_core train --json --preset best --set training.validation_share=0.05 \
        --set training.restore_best=false --set augmentation.erase_probability=0.4 --set model.dropout=0.3 "$@")
    printf '%s\n' "$summary" | "$PYTHON" -c '
import json, pathlib, sys
run = json.load(sys.stdin)
if json.loads(pathlib.Path(run["path"], "status.json").read_text())["state"] != "finished":
    sys.exit("Run {run} was stopped, so nothing is learned from it. Begin again.".format(**run))
print(run["run"])'
}

# From the weights of a run, its last layer alone in the first epoch; the rate falls from the first step on.
go_on_from() {
    run=$1
    shift
    learn --set transfer.kind=run --set "transfer.run=$run" --set transfer.blocks=6 --set transfer.head_epochs=1 \
        --set transfer.fine_tune_rate=1 --set training.schedule=cosine "$@"
}

sure=$(learn --epochs 80 --set training.label_smoothing=0)
accurate=$(go_on_from "$sure" --epochs 40 --set training.learning_rate=0.01)
both=$(go_on_from "$accurate" --epochs 24 --set training.learning_rate=0.004 --set training.label_smoothing=0 \
    --teacher "$sure" --teacher "$accurate")
"$PYTHON" -m cnn_core teach "$both" --epochs 12
echo "First $sure, then $accurate; the showcase: $both"
