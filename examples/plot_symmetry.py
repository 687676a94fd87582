r"""
The symmetry network of 1986
============================

Train the first network of the paper that made backpropagation known, by the rule of that paper. Two
hidden units learn to tell whether six binary inputs are symmetric about their centre. The weights
that come out are the solution of the paper: of opposite sign on the two sides of the centre, and in
the ratio 1:2:4 on each side.

Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", Nature 323,
533-536, 1986. The paper trains on all 64 patterns at once, with logistic units, and adds up the
error :math:`E = \sum (y - d)^2 / 2` over the patterns. Each sweep changes the weights by

.. math:: \Delta w(t) = -\varepsilon\, \partial E / \partial w(t) + \alpha\, \Delta w(t - 1)

with :math:`\varepsilon = 0.1` and :math:`\alpha = 0.9`. The weights start between -0.3 and 0.3, and
the paper's network was trained for 1,425 sweeps.

:class:`~skperceptron.MLPRegressor` minimises the mean of the error over the rows and not the sum,
so its learning rate is exactly 64 times the paper's. With ``batch_size=64`` an epoch is a sweep,
and with ``nesterovs_momentum=False`` the rule is that of the paper.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from skperceptron import MLPRegressor
from skperceptron.plotting import NetworkDisplay

X = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
symmetric = (X[:, :3] == X[:, :2:-1]).all(axis=1)
y = symmetric.astype(float)

EPSILON, ALPHA, SWEEPS = 0.1, 0.9, 1425  # of the paper


def symmetry_network(seed, n_sweeps=SWEEPS):
    """The paper's network before training, with weights and intercepts drawn from ±0.3."""
    rng = np.random.default_rng(seed)
    coefs = [rng.uniform(-0.3, 0.3, shape) for shape in ((6, 2), (2, 1))]
    intercepts = [rng.uniform(-0.3, 0.3, size) for size in (2, 1)]
    return MLPRegressor(
        (2,),
        "logistic",
        output_activation="logistic",
        loss="squared_error",
        alpha=0,
        solver="sgd",
        learning_rate_init=64 * EPSILON,  # of the mean over 64 rows
        momentum=ALPHA,
        nesterovs_momentum=False,
        batch_size=64,
        shuffle=False,
        max_iter=n_sweeps,
        tol=None,
        init=(coefs, intercepts),
        warm_start=True,
    )


# %%
# How many starts find the solution
# ---------------------------------
#
# Whether a network gets there, and when, depends on the weights that it starts from. Each of the
# random starts is trained until E is below 1/8, or for twice as many sweeps as the paper's network.
# Below 1/8 no error of a pattern reaches 1/2, so all 64 outputs are on the right side of 1/2.

N_STARTS = 100
N_PARTS = 6  # a start is looked at after each third of the paper's sweeps

networks, errors = [], []
for seed in range(N_STARTS):
    network = symmetry_network(seed, SWEEPS // 3)
    for _ in range(N_PARTS):
        network.fit(X, y)
        if 64 * network.loss_curve_[-1] < 1 / 8:
            break
    networks.append(network)
    errors.append(64 * np.array(network.loss_curve_))  # E before each sweep

found_after = np.array(
    [np.argmax(error < 1 / 8) if error[-1] < 1 / 8 else np.inf for error in errors]
)
in_time = found_after <= SWEEPS
print(f"{in_time.sum()} of {N_STARTS} random starts find the solution within {SWEEPS} sweeps,")
print(f"{np.isfinite(found_after).sum()} within {N_PARTS * (SWEEPS // 3)} sweeps")
answer_no = np.sum(y) / 2  # E if every output is 0
error_then = np.array([error[min(SWEEPS, len(error)) - 1] for error in errors])
on_plateau = ~in_time & (error_then > 0.99 * answer_no)
print(
    f"{on_plateau.sum()} of the {np.sum(~in_time)} that need more than {SWEEPS} are then on "
    f"a plateau:\nE is above {0.99 * answer_no:.2f}, and is {answer_no:g} if every output is 0"
)

# %%
# One network that found it
# -------------------------
#
# The first start that finds the solution in time, trained for all sweeps of the paper. Both hidden
# units have a negative intercept. A symmetric pattern adds nothing to it, since the weights of
# mirrored inputs cancel, and leaves both units off. The ratio 1:2:4 gives each pattern of
# differences between the two halves a sum of its own, and no sum is 0, so that any other pattern
# turns one of the two units on, whose weights are of opposite sign. Each hidden unit then turns the
# output off.

network = symmetry_network(seed=int(np.argmax(in_time))).fit(X, y)
weights, intercepts = network.coefs_[0], network.intercepts_[0]  # (6, 2), (2,)
magnitudes = np.sort((np.abs(weights[:3]) + np.abs(weights[:2:-1])) / 2, axis=0)
ratios = magnitudes / magnitudes[0]
asymmetry = np.abs(weights[:3] + weights[:2:-1]) / np.abs(weights[:3])
hidden = network.hidden_activations(X)  # (64, 2)
right = (network.predict(X) > 0.5) == symmetric

print(f"patterns on the right side of 1/2: {right.sum()} of {len(X)}")
for unit in range(2):
    print(f"hidden unit {unit + 1}:")
    print("  weights  ", *(f"{weight:7.2f}" for weight in weights[:, unit]))
    print("  ratio    ", " : ".join(f"{ratio:.2f}" for ratio in ratios[:, unit]))
    print(f"  intercept  {intercepts[unit]:.2f}")
print(f"mirrored weights cancel to {100 * asymmetry.max():.2f} % of their size or better")
print(f"symmetric patterns: no hidden unit is above {hidden[symmetric].max():.2f}")
print(f"other patterns: one hidden unit is above {hidden[~symmetric].max(axis=1).min():.2f}")

figure = plt.figure(figsize=(13, 4.2), layout="constrained")
drawn, numbers, starts = figure.subplots(1, 3, width_ratios=(1, 1.1, 1.2))
NetworkDisplay.from_estimator(network, feature_names=[f"input {i}" for i in range(1, 7)], ax=drawn)
drawn.set_title("The network")

limit = np.abs(weights).max()
signs = LinearSegmentedColormap.from_list("signs", ["#D55E00", "white", "#0072B2"])
numbers.imshow(weights.T, cmap=signs, vmin=-limit, vmax=limit, aspect="auto")
for (i, unit), weight in np.ndenumerate(weights):
    colour = "white" if abs(weight) > 0.7 * limit else "black"
    numbers.text(i, unit, f"{weight:.1f}", ha="center", va="center", color=colour)
numbers.axvline(2.5, color="black", linestyle=":")
numbers.set_xticks(range(6), range(1, 7))
numbers.set_yticks(range(2), [f"unit {k + 1}\nb = {intercepts[k]:.1f}" for k in range(2)])
numbers.set(xlabel="input", title="Weights of the two hidden units")

colours = {True: "#0072B2", False: "0.6"}
for error, done in zip(errors, in_time, strict=True):
    starts.plot(error, color=colours[bool(done)], linewidth=0.8, alpha=0.7)
starts.axvline(SWEEPS, color="#D55E00", linestyle="--", label=f"{SWEEPS} sweeps, as in the paper")
starts.axhline(1 / 8, color="black", linestyle=":", label="all 64 outputs are right below")
starts.set(yscale="log", ylim=(8e-3, 90), xlabel="sweep", ylabel="error E")
starts.set_title(f"{N_STARTS} random starts")
starts.legend(loc="upper right", fontsize="small")
plt.show()

# %%
# The distribution of the number of sweeps until E is below 1/8:

figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
finished = np.sort(found_after[np.isfinite(found_after)])
share = np.arange(1, len(finished) + 1) / N_STARTS
axis.step([0, *finished, N_PARTS * (SWEEPS // 3)], [0, *share, share[-1]], where="post")
axis.axvline(SWEEPS, color="#D55E00", linestyle="--", label=f"{SWEEPS} sweeps, as in the paper")
axis.set(xlabel="sweep", ylabel="share of starts that found it", ylim=(0, 1))
axis.legend()
axis.grid(alpha=0.3)
plt.show()

print(
    "The rule of 1986 finds the paper's weights, in the ratio "
    f"{' : '.join(f'{ratio:.1f}' for ratio in ratios[:, 0])}\n"
    "on each side of the centre and with opposite signs across it."
)
print(
    f"It does so within the paper's {SWEEPS} sweeps from {in_time.sum()} of {N_STARTS} random "
    f"starts;\n{on_plateau.sum()} starts are then on the plateau where the answer to every pattern "
    "is no."
)
