"""
Which inputs a prediction depends on
====================================

Explain the predictions of a network: which pixels make an image a 3, and which columns of a table
matter. Integrated gradients find the pixels that a prediction depends on: without the highest eight
pixels the network recognises 2 % of the digits. ``feature_importances_`` chooses columns with which
a network predicts as well as with all columns.

The images show handwritten digits, the gradient of the score of the predicted digit, and integrated
gradients from a black image. Purple pixels speak for the digit, orange pixels against it.

Both explanations are tested by deletion: how many digits are still recognised when the pixels that
an explanation ranks highest are set to 0? The baselines are random pixels, the brightest pixels,
and the weights of a logistic regression times the pixels, which explain that model equally well.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skperceptron import MLPClassifier, MLPRegressor
from skperceptron.inspection import input_gradients, integrated_gradients

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
network = MLPClassifier(
    (64,), alpha=0.1, learning_rate_init=0.01, max_iter=40, tol=None, random_state=0
).fit(X_train, y_train)
linear = LogisticRegression(max_iter=1000).fit(X_train, y_train)
print(f"accuracy: network {network.score(X_test, y_test):.3f}, ", end="")
print(f"logistic regression {linear.score(X_test, y_test):.3f}")

gradients = input_gradients(network, X_test)
attributions = integrated_gradients(network, X_test, n_steps=200)  # from zeros, a black image

# %%
# The attributions of an image add up to the difference between the score of the image and the
# score of the black image:

scores = network.decision_function(X_test).max(axis=1)
of_black = network.decision_function(np.zeros((1, 64)))[0][network.predict(X_test)]
errors = attributions.sum(axis=1) - (scores - of_black)
print(f"largest score: {scores.max():.1f}, largest error of a sum: {np.abs(errors).max():.3f}")

# %%
# Deletion
# --------
#
# Set the highest pixels of each explanation to 0. Fewer digits that are still recognised mean a
# better explanation.


def accuracy_without(model, ranking, n_pixels):
    rows = X_test.copy()
    highest = np.argsort(-ranking, axis=1)[:, :n_pixels]
    np.put_along_axis(rows, highest, 0, axis=1)
    return model.score(rows, y_test)


rng = np.random.default_rng(0)
rankings = {
    "integrated gradients": (network, attributions),
    "gradients": (network, np.abs(gradients)),
    "brightest pixels": (network, X_test),
    "random pixels": (network, rng.random(X_test.shape)),
    "logistic regression": (linear, X_test * linear.coef_[linear.predict(X_test)]),
}
counts = [0, 2, 4, 8, 16]
print(f"{'pixels set to 0':<22}" + "".join(f"{n:>6}" for n in counts))
deletion = {}
for name, (model, ranking) in rankings.items():
    deletion[name] = [accuracy_without(model, ranking, n) for n in counts]
    print(f"{name:<22}" + "".join(f"{accuracy:>6.2f}" for accuracy in deletion[name]))

# %%
# A table
# -------
#
# Importances of the columns of a table, each divided by their sum: those of a network by its
# ``feature_importances_``, by permutation and by integrated gradients, and those of two baselines.

data = load_diabetes()
names = {
    "bp": "blood pressure",
    "bmi": "body mass index",
    "s3": "HDL (s3)",
    "s5": "log of triglycerides (s5)",
}
columns = [names.get(name, name) for name in data.feature_names]
T = StandardScaler().fit_transform(data.data)
T_train, T_test, t_train, t_test = train_test_split(T, data.target, random_state=0)
regressor = MLPRegressor(
    (50,), alpha=30, learning_rate_init=0.02, max_iter=100, tol=None, random_state=0
).fit(T_train, t_train)
forest = RandomForestRegressor(random_state=0).fit(T_train, t_train)
ridge = RidgeCV(alphas=np.logspace(-2, 3, 6)).fit(T_train, t_train)
for name, model in {"network": regressor, "random forest": forest, "ridge": ridge}.items():
    print(f"R² of the {name}: {model.score(T_test, t_test):.2f}")

permuted = permutation_importance(regressor, T_test, t_test, n_repeats=20, random_state=0)
importances = {
    "network, feature_importances_": regressor.feature_importances_,
    "network, integrated gradients": np.abs(integrated_gradients(regressor, T_test)).mean(axis=0),
    "network, by permutation": np.maximum(permuted.importances_mean, 0),
    "random forest": forest.feature_importances_,
    "ridge regression": np.abs(ridge.coef_),
}
importances = {name: values / values.sum() for name, values in importances.items()}

# %%
# Importances are good for selection if a model does well with the columns that they choose. Five
# columns are chosen in each fold, and a network is fitted to them:


def network_on_five(selecting, **parameters):
    selector = SelectFromModel(selecting, threshold=-np.inf, max_features=5, **parameters)
    return make_pipeline(selector, regressor)


def mean_gradient(model):
    return np.abs(input_gradients(model, T)).mean(axis=0)


candidates = {
    "all columns": regressor,
    "network": network_on_five(regressor),
    "network, mean gradient": network_on_five(regressor, importance_getter=mean_gradient),
    "random forest": network_on_five(RandomForestRegressor(random_state=0)),
    "ridge regression": network_on_five(RidgeCV(alphas=np.logspace(-2, 3, 6))),
}
for name, candidate in candidates.items():
    found = cross_val_score(candidate, T, data.target)
    print(f"{name:<26} R² {found.mean():.3f} ± {found.std():.3f}")

# %%
# The figure
# ----------

figure = plt.figure(figsize=(12, 9), layout="constrained")
above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.15, 1])[:, 0]
panels = above.subplots(3, 6)
above.suptitle("Pixels that make the network predict a digit")
shown = [np.flatnonzero(y_test == digit)[0] for digit in (0, 1, 3, 4, 7, 8)]
for column, row in zip(panels.T, shown, strict=True):
    strength = np.abs(gradients[row]).max()
    reach = np.abs(attributions[row]).max()
    column[0].imshow(X_test[row].reshape(8, 8), cmap="gray")
    column[0].set_title(f"predicted: {network.predict(X_test[[row]])[0]}")
    column[1].imshow(np.abs(gradients[row]).reshape(8, 8), cmap="viridis", vmin=0, vmax=strength)
    column[2].imshow(attributions[row].reshape(8, 8), cmap="PuOr", vmin=-reach, vmax=reach)
for panel, label in zip(
    panels[:, 0], ("image", "size of the\ngradient", "integrated\ngradients"), strict=True
):
    panel.set_ylabel(label, rotation=0, ha="right", va="center")
for panel in panels.flat:
    panel.set(xticks=[], yticks=[])

left, right = below.subplots(1, 2, width_ratios=[1, 1.4])
markers = "os^Dv"
for marker, (name, accuracies) in zip(markers, deletion.items(), strict=True):
    left.plot(counts, accuracies, marker=marker, label=name)
left.set(
    title="Digits without their highest pixels",
    xlabel="number of pixels set to 0",
    ylabel="accuracy on test images",
    ylim=(0, 1),
)
left.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2)
order = np.argsort(importances["network, by permutation"])
for marker, (name, values) in zip(markers, importances.items(), strict=True):
    right.plot(values[order], np.arange(len(order)), marker, label=name, alpha=0.8)
right.set(
    title="Importances of the columns of a table",
    xlabel="importance, as a share of the sum",
    yticks=np.arange(len(order)),
    yticklabels=np.array(columns)[order],
)
right.grid(axis="y", alpha=0.3)
right.legend(fontsize="small", loc="lower right")
plt.show()
