"""One-pass evaluation in plain numpy, written from specification 5.2 and the toolkits' conventions, to be timed beside ours.

python3 experiments/peers/one_pass.py ANNOTATIONS RESULTS
"""
import os
import sys
import time

import numpy as np

OVERLAPS = np.arange(21) / 20
ERRORS = np.arange(51)
NORMALISED = np.arange(51) / 100


def score(truth, predicted, visible):
    predicted = predicted.copy()
    predicted[0] = truth[0]
    for row in range(1, len(predicted)):
        if not (np.isfinite(predicted[row]).all() and predicted[row, 2] > 0 and predicted[row, 3] > 0):
            predicted[row] = predicted[row - 1]
    low = np.maximum(truth[:, :2], predicted[:, :2])
    high = np.minimum(truth[:, :2] + truth[:, 2:] - 1, predicted[:, :2] + predicted[:, 2:] - 1)
    shared = np.maximum(high - low + 1, 0).prod(1)
    overlap = shared / (truth[:, 2:].prod(1) + predicted[:, 2:].prod(1) - shared)
    offset = predicted[:, :2] + (predicted[:, 2:] - 1) / 2 - truth[:, :2] - (truth[:, 2:] - 1) / 2
    error = np.sqrt((offset**2).sum(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        normalised = np.sqrt(((offset / truth[:, 2:]) ** 2).sum(1))
    valid = (truth > 0).all(1)
    overlap[~valid] = error[~valid] = normalised[~valid] = -1
    overlap, error, normalised = overlap[visible], error[visible], normalised[visible]
    frames = len(truth)
    return (
        (overlap[:, None] > OVERLAPS).sum(0) / frames,
        (error[:, None] <= ERRORS).sum(0) / frames,
        (normalised[:, None] <= NORMALISED).sum(0) / frames,
    )


def main(annotations, results):
    began = time.perf_counter()
    read = metric = 0.0
    curves = []
    for name in sorted(os.listdir(os.path.join(annotations, "annos"))):
        start = time.perf_counter()
        truth = np.loadtxt(os.path.join(annotations, "annos", name), delimiter=",", ndmin=2)
        absent = np.loadtxt(os.path.join(annotations, "absent", name), ndmin=1)
        predicted = np.loadtxt(os.path.join(results, name), delimiter=",", ndmin=2)
        middle = time.perf_counter()
        curves.append(score(truth, predicted, absent == 0))
        end = time.perf_counter()
        read += middle - start
        metric += end - middle
    success, precision, normalised = (np.mean([one[k] for one in curves], 0) for k in range(3))
    figures = [success.mean(), precision[20], normalised[20]]
    print(f"{time.perf_counter() - began:.4f} {time.process_time():.4f} {read:.4f} {metric:.4f} " + " ".join(f"{100 * x:.6f}" for x in figures))


main(*sys.argv[1:])
