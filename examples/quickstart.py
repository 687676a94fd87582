"""
The main job
============

Handwritten digits, from raw pixels to a tuned network: a pipeline of scaler and
MLPClassifier, a grid search over weight penalty and dropout, and a look at what it chose.
Then a perceptron for comparison, and a regression on the diabetes data.

Needs the extras ``plot`` and ``progress``. Takes well under a minute on two cores.
"""

# %%
import time

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier

started = time.perf_counter()

# %%
# A network is a classifier like any other: it goes into a pipeline, and its
# hyperparameters into a grid.
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
print(f"Digits: {len(X_train)} images of 8 x 8 pixels to learn from, {len(X_test)} held out.\n")

network = MLPClassifier((200,), learning_rate_init=0.005, tol=1e-3, random_state=0)
pipeline = make_pipeline(StandardScaler(), network)
alphas = [1e-4, 1e-2, 1e-1, 1.0, 3.0]
dropouts = [0.0, 0.2, 0.4, 0.6]
grid = {"mlpclassifier__alpha": alphas, "mlpclassifier__dropout": dropouts}
search = GridSearchCV(pipeline, grid, cv=5, n_jobs=2)

# %%
# scikit-learn draws the progress bar, from its version 1.9 on.
try:
    from sklearn.callback import ProgressBar
except ImportError:
    search.set_params(verbose=1)
else:
    search.set_callbacks(ProgressBar(max_propagation_depth=0))
search.fit(X_train, y_train)

# %%
# The grid, one row per alpha and one column per dropout.
accuracy = search.cv_results_["mean_test_score"].reshape(len(alphas), len(dropouts))
print("\nCross-validated accuracy, * the best")
print("     alpha" + "".join(f"  dropout {rate:.1f}" for rate in dropouts))
for alpha, row in zip(alphas, accuracy, strict=True):
    cells = (f"{value:12.4f}{'*' if value == accuracy.max() else ' '}" for value in row)
    print(f"{alpha:10g}" + "".join(cells))

perceptron = make_pipeline(StandardScaler(), PerceptronClassifier()).fit(X_train, y_train)
print("\nAccuracy on the held-out digits")
print(f"  MLPClassifier, the best of the grid  {search.score(X_test, y_test):.4f}")
print(f"  PerceptronClassifier                 {perceptron.score(X_test, y_test):.4f}")

# %%
# Regression is the same. The target is scaled too: a network starts out predicting about
# zero, and moves at the pace of its learning rate.
X, y = load_diabetes(return_X_y=True)
X_train_d, X_test_d, y_train_d, y_test_d = train_test_split(X, y, random_state=0)
regressor = MLPRegressor((50,), "tanh", alpha=1.0, early_stopping=True, random_state=0)
model = TransformedTargetRegressor(
    make_pipeline(StandardScaler(), regressor), transformer=StandardScaler()
).fit(X_train_d, y_train_d)
print(f"\nMLPRegressor on the diabetes data, held out: R2 {model.score(X_test_d, y_test_d):.2f}")

# %%
# Dropout makes the training loss worse, and up to a point what counts better: at the best
# alpha, the curves of the four rates beside the grid.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
colours = plt.colormaps["viridis"]([0.0, 0.3, 0.6, 0.85])
for rate, colour in zip(dropouts, colours, strict=True):
    candidate = clone(search.best_estimator_).set_params(mlpclassifier__dropout=rate)
    curve = candidate.fit(X_train, y_train)[-1].loss_curve_
    left.semilogy(range(1, len(curve) + 1), curve, color=colour, label=f"dropout {rate:.1f}")
best_alpha = search.best_params_["mlpclassifier__alpha"]
left.set(xlabel="epoch", ylabel="training loss", title=f"Loss curves at alpha = {best_alpha:g}")
left.legend(frameon=False)
left.spines[["top", "right"]].set_visible(False)

image = right.imshow(accuracy, cmap="viridis", aspect="auto")
right.set_xticks(range(len(dropouts)), [f"{rate:.1f}" for rate in dropouts])
right.set_yticks(range(len(alphas)), [f"{alpha:g}" for alpha in alphas])
right.set(xlabel="dropout", ylabel="alpha", title="Cross-validated accuracy, best cell boxed")
middle = 0.4 * accuracy.min() + 0.6 * accuracy.max()
for (row, column), value in [((i, j), accuracy[i, j]) for i in range(5) for j in range(4)]:
    ink = "black" if value > middle else "white"
    right.text(column, row, f"{value:.3f}", ha="center", va="center", color=ink)
best_row, best_column = divmod(int(accuracy.argmax()), len(dropouts))
corner = (best_column - 0.48, best_row - 0.47)
right.add_patch(Rectangle(corner, 0.96, 0.94, fill=False, edgecolor="red", linewidth=2))
figure.colorbar(image, ax=right)
figure.savefig("quickstart.png", dpi=150)
print(f"\nSaved quickstart.png ({time.perf_counter() - started:.0f} s in all)")
