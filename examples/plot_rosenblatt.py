"""
Rosenblatt's perceptron of 1958
===============================

Put a perceptron behind association units that are connected to a retina at random, as Rosenblatt
did, and see what depends on the number of units and on the number of stimuli. With enough of both,
the perceptron tells vertical from horizontal bars at places where it never saw one. A perceptron on
the points of the retina itself cannot.

Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the
brain", Psychological Review 65, 386-408, 1958. In the paper the points of a retina excite or
inhibit association units (A-units) at random, and an A-unit is active if its excitation minus its
inhibition reaches a threshold. Only the values of the A-units learn: those of active units grow in
favour of the response that is reinforced. The paper predicts how often the response is correct by a
theory of probability, for stimuli that were shown before and for others of the same class.

What is a modern reading: the numbers of connections, the threshold, the bars, and everything that
the figures show are choices of this example, and no number of the paper is repeated here. Training
on mistakes only, as :class:`~skperceptron.PerceptronClassifier` does, came a few years after the
paper. The second part has a rule that the paper has, without correction of mistakes.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from skperceptron import PerceptronClassifier

SIDE = 20  # of the retina, whose opposite edges meet


def bars(n, rng):
    """Bars of random length, width and place: horizontal ones (0) and vertical ones (1)."""
    images = np.zeros((n, SIDE, SIDE))
    vertical = np.arange(n) % 2
    for image, label in zip(images, vertical, strict=True):
        image[: rng.integers(2, 5), : rng.integers(8, 17)] = 1
        if label:
            image[...] = image.T.copy()
        image[...] = np.roll(image, rng.integers(0, SIDE, 2), axis=(0, 1))
    return images.reshape(n, -1), vertical


def random_dots(n, rng):
    """40 points at random, in two classes that mean nothing."""
    images = np.zeros((n, SIDE * SIDE))
    for image in images:
        image[rng.choice(SIDE * SIDE, 40, replace=False)] = 1
    return images, np.arange(n) % 2


class AssociationUnits(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Units with random, fixed connections: 5 that excite, 5 that inhibit, and a threshold."""

    def __init__(self, n_units=100, n_each=5, threshold=2, random_state=None):
        self.n_units = n_units
        self.n_each = n_each
        self.threshold = threshold
        self.random_state = random_state

    def fit(self, X, y=None):
        """Draw the connections of each unit."""
        rng = np.random.default_rng(self.random_state)
        self.connections_ = np.zeros((X.shape[1], self.n_units))
        for unit in range(self.n_units):
            points = rng.choice(X.shape[1], 2 * self.n_each, replace=False)
            self.connections_[points[: self.n_each], unit] = 1
            self.connections_[points[self.n_each :], unit] = -1
        return self

    def transform(self, X):
        """Return 1 for each unit that is active, else 0, (n, n_units)."""
        return (X @ self.connections_ >= self.threshold).astype(float)


N_UNITS = [10, 30, 100, 300, 1000]
N_STIMULI = [10, 30, 100, 300, 1000]
N_DRAWS = 6  # of units and stimuli
N_NEW = 500

# %%
# More units, more stimuli
# ------------------------
#
# The share of correct responses to new bars, which were not trained on. A perceptron on the retina
# itself stays near chance: every point is as often part of a vertical bar as of a horizontal one.


def perceptron(seed):
    return PerceptronClassifier(max_iter=20, tol=None, random_state=seed)


correct = np.empty((N_DRAWS, len(N_UNITS), len(N_STIMULI)))
on_retina = np.empty((N_DRAWS, len(N_STIMULI)))
for seed in range(N_DRAWS):
    rng = np.random.default_rng(seed)
    X_new, y_new = bars(N_NEW, rng)
    X, y = bars(max(N_STIMULI), rng)
    for j, n_stimuli in enumerate(N_STIMULI):
        shown, labels = X[:n_stimuli], y[:n_stimuli]
        on_retina[seed, j] = perceptron(seed).fit(shown, labels).score(X_new, y_new)
        for i, n_units in enumerate(N_UNITS):
            units = AssociationUnits(n_units, random_state=seed)
            model = make_pipeline(units, perceptron(seed)).fit(shown, labels)
            correct[seed, i, j] = model.score(X_new, y_new)

table, retina = correct.mean(axis=0), on_retina.mean(axis=0)
print(f"correct responses to new bars, by stimuli trained on; mean of {N_DRAWS} draws")
print(f"{'':<16}" + "".join(f"{n:>7}" for n in N_STIMULI))
for name, row in [
    *((f"{n} A-units", row) for n, row in zip(N_UNITS, table, strict=True)),
    ("no A-units", retina),
]:
    print(f"{name:<16}" + "".join(f"{value:7.2f}" for value in row))

# %%
# The experiment of the paper: two environments
# ----------------------------------------------
#
# In what the paper calls an ideal environment the stimuli of a class have nothing in common, as
# random points. In a differentiated environment they are alike, as bars. The rule is that of the
# paper's gamma system as it is read here: a stimulus of the first class adds the activity of the
# A-units, less its mean, to their values, and one of the second class takes it off, whatever the
# response is. All values together stay the same. Recall is the share of correct responses to the
# stimuli that were shown, and generalisation that to new ones.


def reinforced(activity, labels):
    """Values of the A-units after each stimulus was shown once."""
    gains = activity - activity.mean(axis=1, keepdims=True)
    return (2 * labels - 1) @ gains


environments = {"ideal": random_dots, "differentiated": bars}
recall, generalisation = ({name: np.empty((N_DRAWS, 5)) for name in environments} for _ in "12")
for name, draw in environments.items():
    for seed in range(N_DRAWS):
        rng = np.random.default_rng(seed)
        X_new, y_new = draw(N_NEW, rng)
        X, y = draw(max(N_STIMULI), rng)
        units = AssociationUnits(1000, random_state=seed).fit(X)
        activity, activity_new = units.transform(X), units.transform(X_new)
        for j, n in enumerate(N_STIMULI):
            values = reinforced(activity[:n], y[:n])
            recall[name][seed, j] = np.mean((activity[:n] @ values > 0) == y[:n])
            generalisation[name][seed, j] = np.mean((activity_new @ values > 0) == y_new)

print(f"{'1000 A-units, stimuli shown':<32}" + "".join(f"{n:>7}" for n in N_STIMULI))
for name in environments:
    for kind, shares in (("recall", recall), ("generalisation", generalisation)):
        row = "".join(f"{value:7.2f}" for value in shares[name].mean(axis=0))
        print(f"{f'{name}: {kind}':<32}{row}")

# %%

figure = plt.figure(figsize=(13, 4.4), layout="constrained")
parts = figure.subfigures(1, 3, width_ratios=(0.7, 1.2, 1.2), squeeze=False)
left, middle, right = parts[0]
panels = left.subplots(2, 2)
examples = [*bars(2, np.random.default_rng(1))[0], *random_dots(2, np.random.default_rng(1))[0]]
names = ["horizontal", "vertical", "dots, class 0", "dots, class 1"]
for ax, image, title in zip(panels.flat, examples, names, strict=True):
    ax.imshow(image.reshape(SIDE, SIDE), cmap="binary")
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize="medium")
left.suptitle("Stimuli on the retina")

ax = middle.subplots()
colours = plt.get_cmap("viridis")(np.linspace(0.8, 0, len(N_STIMULI)))
markers = "v^sDo"
for j, n_stimuli in enumerate(N_STIMULI):
    ax.plot(N_UNITS, table[:, j], color=colours[j], marker=markers[j], label=f"{n_stimuli} stimuli")
ax.axhline(retina[-1], color="#D55E00", linestyle="--", label="no A-units, 1000 stimuli")
ax.set(xscale="log", xlabel="number of A-units", ylabel="correct responses to new bars")
ax.set(ylim=(0.45, 1.02))
ax.legend(fontsize="small")
middle.suptitle("Perceptron on A-units")

ax = right.subplots()
for name, colour in (("differentiated", "#0072B2"), ("ideal", "#D55E00")):
    ax.plot(N_STIMULI, recall[name].mean(axis=0), "o-", color=colour, label=f"{name}: recall")
    ax.plot(
        N_STIMULI,
        generalisation[name].mean(axis=0),
        "s--",
        color=colour,
        label=f"{name}: generalisation",
    )
ax.axhline(0.5, color="0.6", linewidth=1)
ax.set(xscale="log", xlabel="number of stimuli shown", ylabel="correct responses")
ax.set(ylim=(0.45, 1.02))
ax.legend(fontsize="small", loc="lower right", bbox_to_anchor=(1.0, 0.14))
right.suptitle("Reinforced without correction, 1000 A-units")
plt.show()

print(
    "With 1000 fixed random units and 1000 stimuli the perceptron is right on "
    f"{table[-1, -1]:.0%}\nof new bars, with 10 units on {table[0, -1]:.0%}, and on the bare "
    f"retina on {retina[-1]:.0%}."
)
gaps = {name: recall[name][:, -1].mean() - generalisation[name][:, -1].mean() for name in recall}
print(
    "Recall and generalisation meet where the stimuli of a class are alike "
    f"({gaps['differentiated']:.0%} apart\nafter 1000 stimuli), and stay apart where they have "
    f"nothing in common ({gaps['ideal']:.0%})."
)
