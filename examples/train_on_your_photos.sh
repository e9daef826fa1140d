#!/usr/bin/env bash
# Train the classifier on your photos, measure it, and say how to serve it.
#
#   bash examples/train_on_your_photos.sh labels.csv     a CSV with image,label (1 = fashion), names relative to its folder
#   bash examples/train_on_your_photos.sh                without one: rendered pictures, to see the steps in under a minute
#
# OUT=weights names the folder for the weights, PYTHON=.venv/bin/python the interpreter.
set -euo pipefail

python=${PYTHON:-.venv/bin/python}
out=${OUT:-.run/examples/weights}
labels=${1:-}

if [[ -z $labels ]]; then
    pictures=$(dirname "$out")/pictures
    "$python" -m lookbook write --outfits 24 --scenes 24 --split train --out "$pictures" --csv
    labels=$pictures/labels.csv
fi

# A linear layer on ImageNet features, the better choice up to about ten thousand photos. The generation is above that of
# the weights that ship, so that the results of yours supersede theirs. A fifth of the photos is held out; it
# chooses the threshold and calibrates the probabilities.
"$python" -m classifier.train --arch efficientnet_lite0 --csv "$labels" --held-out 0.2 --generation 100 --out "$out"

# Measured here on the same CSV, which flatters: give it a CSV of photos that the training never saw.
"$python" -m classifier.evaluate --weights "$out" --csv "${EVALUATE:-$labels}"

echo
echo "To serve it: CLASSIFIER_WEIGHTS=$out make run"
