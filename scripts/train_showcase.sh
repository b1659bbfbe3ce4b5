#!/bin/sh
# Trains the network that ships as the showcase: two hours and a half of two cores without a GPU.
#
#     sh scripts/train_showcase.sh [PYTHON]
#
# Three trainings of the network of `best`, each from the weights of the one before, and people's pictures at the end. The
# first learns the labels as they are, the second smoothed ones, which is worth accuracy and costs loss, and the third what
# both say, which has the accuracy of the second and nearly the loss of the first. The id of the last one is printed at the end.
set -eu
PYTHON=${1:-.venv/bin/python}

# What all three share: 5% of the images held back and the last epoch kept; more is erased and dropped than `best` does.
learn() {
    "$PYTHON" -m cnn_core train --json --preset best --set training.validation_share=0.05 \
        --set training.restore_best=false --set augmentation.erase_probability=0.4 --set model.dropout=0.3 "$@" |
        "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["run"])'
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
echo "$both"
