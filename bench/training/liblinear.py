"""liblinear, one model a label, on the rows that bench/training.ts wrote: prints seconds and the objective as JSON."""
import json
import sys
import time

import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression

folder, rows, inputs, labels, measured, strength = sys.argv[1], *map(int, sys.argv[2:6]), float(sys.argv[6])
x = np.fromfile(f"{folder}/x.f32", np.float32).reshape(rows, inputs)
y = np.fromfile(f"{folder}/y.f32", np.float32).reshape(rows, labels)


def fit(j):
    # The constant counts as an input of 1 that is hardly punished, as ours is not punished at all.
    model = LogisticRegression(C=1 / strength, solver="liblinear", dual=False, tol=1e-3, intercept_scaling=100)
    model.fit(x, y[:, j])
    return model.coef_[0], model.intercept_[0]


started = time.perf_counter()
models = Parallel(n_jobs=2)(delayed(fit)(j) for j in range(measured))
seconds = time.perf_counter() - started
z = x @ np.stack([w for w, _ in models], 1) + np.array([b for _, b in models])
losses = np.logaddexp(0, z).sum(0) - (y[:, :measured] * z).sum(0)
objective = losses + 0.5 * strength * np.array([(w**2).sum() for w, _ in models])
print(json.dumps({"seconds": seconds, "objective": float(objective.sum())}))
