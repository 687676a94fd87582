"""torch, from the same initial weights, takes the same steps: autograd against our gradients."""

from __future__ import annotations

import math
from functools import partial
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from skperceptron import MLPClassifier, MLPRegressor
from skperceptron._core.activations import HIDDEN_ACTIVATIONS, Tanh
from skperceptron._core.layers import ActivationLayer, Dense, Dropout
from skperceptron._core.layers.dense import DenseProducts
from skperceptron._core.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, SquaredError
from skperceptron._core.network import Network
from skperceptron._core.objective import Objective, Regularisation
from skperceptron._core.optimizers import OPTIMIZERS
from skperceptron._core.penalties import L2
from skperceptron._core.schedules import SCHEDULES
from skperceptron._start import spawn_generator

torch = pytest.importorskip("torch")
functional, lr_scheduler = torch.nn.functional, torch.optim.lr_scheduler

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.* ignored with :UserWarning"),
]

N_ROWS, N_STEPS = 30, 10
assert_same = partial(assert_allclose, rtol=1e-9, atol=1e-10)

rng = np.random.default_rng(0)
X = 2 * rng.normal(size=(N_ROWS, 4))
SCORES = X @ rng.normal(size=(4, 3)) / 2 + 0.5 * rng.normal(size=(N_ROWS, 3))
CLASSES = SCORES.argmax(axis=1)
# y as the estimator has it, and as torch has it: (n, n_outputs).
CLASSIFICATIONS = {
    "binary": (SCORES[:, 0] > 0, (SCORES[:, :1] > 0).astype(float)),
    "multiclass": (CLASSES, np.eye(3)[CLASSES]),
    "multilabel": ((SCORES > 0).astype(int), (SCORES > 0).astype(float)),
}
REAL = SCORES[:, :2]
POSITIVE = np.exp(REAL / 2)
COUNTS = rng.poisson(POSITIVE).astype(float)
WITHIN_1 = 1 / (1 + np.exp(-REAL))

every_task = pytest.mark.parametrize("task", CLASSIFICATIONS)


@pytest.fixture(autouse=True)
def double_precision():
    """Of all that torch makes: its Nadam keeps the product of momenta in the default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def parameters(**others):
    """Hyperparameters of a small network on all rows at once: an epoch is a step."""
    common = {"hidden_layer_sizes": (7, 5), "activation": "tanh", "alpha": 0.1, "random_state": 0}
    common |= {"max_iter": N_STEPS, "batch_size": N_ROWS, "shuffle": False}
    common |= {"tol": 0.0, "n_iter_no_change": math.inf, "learning_rate_init": 0.05}
    return common | others


def plain_sgd(network, model):
    return torch.optim.SGD(network.parameters(), model.learning_rate_init)


PLAIN_SGD = {"solver": "sgd", "momentum": 0.0}

# What torch calls them ----------------------------------------------------------------------

ACTIVATIONS = {
    "identity": torch.nn.Identity,
    "logistic": torch.nn.Sigmoid,
    "sigmoid": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
    "relu": torch.nn.ReLU,
    "leaky_relu": torch.nn.LeakyReLU,
    "elu": torch.nn.ELU,
    "selu": torch.nn.SELU,
    "gelu": torch.nn.GELU,
    "silu": torch.nn.SiLU,
    "mish": torch.nn.Mish,
    "softplus": partial(torch.nn.Softplus, threshold=100),
    "hard_tanh": torch.nn.Hardtanh,
}

OUTPUT_FUNCTIONS = {
    "identity": lambda s: s,
    "logistic": torch.sigmoid,
    "exp": torch.exp,
    "softplus": partial(functional.softplus, threshold=100),
    "softmax": partial(torch.softmax, dim=1),
}


class Masked(torch.nn.Module):
    """Dropout with the masks that a generator of ours draws, as explicit multipliers."""

    def __init__(self, rate, generator):
        super().__init__()
        self.keep = 1 - rate
        self.generator = generator

    def forward(self, x):
        if not self.training:
            return x
        kept = self.generator.random(tuple(x.shape), dtype=np.float32) < self.keep
        return x * torch.from_numpy(kept / self.keep)


def linear(weight, intercept):
    layer = torch.nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T))
        layer.bias.copy_(torch.from_numpy(intercept))
    return layer


def clone_random_state(model, y):
    """The network in torch, with the weights that ``model`` starts from."""
    # Steps that are too short to change anything show them.
    still = {"learning_rate_init": 1e-300, "learning_rate": "constant", "max_iter": 1}
    start = clone(model).set_params(**still).fit(X, y)
    generator = spawn_generator(np.random.RandomState(model.random_state))
    depths = range(len(start.coefs_))
    rates = np.append(model.input_dropout, np.broadcast_to(model.dropout, len(depths) - 1))
    names = np.broadcast_to(model.activation, len(depths) - 1).tolist()
    modules = []
    for depth, weight, intercept in zip(depths, start.coefs_, start.intercepts_, strict=True):
        if rates[depth] > 0:
            modules.append(Masked(float(rates[depth]), generator))
        modules.append(linear(weight, intercept))
        if depth < depths[-1]:
            if model.batch_norm:
                modules.append(torch.nn.BatchNorm1d(weight.shape[1], eps=1e-5, momentum=0.1))
            modules.append(ACTIVATIONS[names[depth]]())
    return torch.nn.Sequential(*modules)


def of_kind(network, kind):
    return [module for module in network if isinstance(module, kind)]


def clip(network, clip_norm):
    """Scale the gradients down to ``clip_norm``; torch adds 1e-6 to what it divides by."""
    norm = torch.nn.utils.get_total_norm([p.grad for p in network.parameters()]).item()
    torch.nn.utils.clip_grad_norm_(network.parameters(), clip_norm * (1 + 1e-6 / norm))
    return norm


def compare(model, y, targets, row_losses, make_optimizer, make_scheduler=None, each="epoch"):
    """Fit ``model``, train torch's network, and compare the losses, the rates and the weights.

    ``row_losses`` gives (n,) for scores and targets, both (n, n_outputs). ``each`` is what
    torch's scheduler steps after. Return torch's network, and the norms of its gradients if
    clipped.
    """
    model.fit(X, y)
    network = clone_random_state(model, y)
    optimizer = make_optimizer(network, model)
    scheduler = None if make_scheduler is None else make_scheduler(optimizer)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(targets)
    losses, rates, norms = [], [], []
    for _ in range(model.max_iter):
        total = 0.0
        for x, t in zip(
            inputs.split(model.batch_size), targets.split(model.batch_size), strict=True
        ):
            for layer in of_kind(network, torch.nn.BatchNorm1d):
                layer.train(len(x) > 1)  # one row has no variance
            squares = sum(
                layer.weight.square().sum() for layer in of_kind(network, torch.nn.Linear)
            )
            objective = (row_losses(network(x), t).sum() + model.alpha / 2 * squares) / len(x)
            optimizer.zero_grad()
            objective.backward()
            if model.clip_norm is not None:
                norms.append(clip(network, model.clip_norm))
            optimizer.step()
            rate = optimizer.param_groups[0]["lr"]
            if scheduler is not None and each == "batch":
                scheduler.step()
            total += len(x) * objective.item()
        losses.append(total / len(X))
        rates.append(rate)
        if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
            scheduler.step(losses[-1])
        elif scheduler is not None and each == "epoch":
            scheduler.step()

    assert_same(model.loss_curve_, losses)
    assert_same(model.learning_rate_curve_, rates)
    layers = of_kind(network, torch.nn.Linear)
    for weight, intercept, layer in zip(model.coefs_, model.intercepts_, layers, strict=True):
        assert_same(weight, layer.weight.detach().numpy().T)
        assert_same(intercept, layer.bias.detach().numpy())
    network.eval()
    return network, np.array(norms)


def scores(network):
    return network(torch.from_numpy(X)).detach()


# Solvers ------------------------------------------------------------------------------------

BETAS = {"beta_1": 0.8, "beta_2": 0.95}
TORCH_BETAS = {"betas": (0.8, 0.95)}


def of_torch(name, **options):
    return lambda network, model: getattr(torch.optim, name)(
        network.parameters(), model.learning_rate_init, **options
    )


def adamw(weight_decay, **options):
    """Only weights decay."""

    def make(network, model):
        weights = [layer.weight for layer in of_kind(network, torch.nn.Linear)]
        others = [p for p in network.parameters() if all(p is not weight for weight in weights)]
        groups = [
            {"params": weights, "weight_decay": weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, model.learning_rate_init, **options)

    return make


def adam_with_uncorrected_epsilon(epsilon):
    """Ours is added to the uncorrected √v, as in scikit-learn: torch gets one for each step."""

    def make(network, model):
        optimizer = torch.optim.Adam(network.parameters(), model.learning_rate_init, **TORCH_BETAS)
        n_steps = 0

        def correct(optimizer, args, kwargs):
            nonlocal n_steps
            n_steps += 1
            optimizer.param_groups[0]["eps"] = epsilon / math.sqrt(1 - 0.95**n_steps)

        optimizer.register_step_pre_hook(correct)
        return optimizer

    return make


SOLVERS = {
    "sgd-plain": (PLAIN_SGD, plain_sgd),
    "sgd-momentum": (
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False},
        of_torch("SGD", momentum=0.8),
    ),
    "sgd-nesterov": (
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": True},
        of_torch("SGD", momentum=0.8, nesterov=True),
    ),
    "adam": (
        {"solver": "adam", "epsilon": 1e-16, **BETAS},
        of_torch("Adam", eps=1e-16, **TORCH_BETAS),
    ),
    "adam-epsilon": (
        {"solver": "adam", "epsilon": 1e-2, **BETAS},
        adam_with_uncorrected_epsilon(1e-2),
    ),
    "adamw": (
        {"solver": "adamw", "weight_decay": 0.3, "epsilon": 1e-2, **BETAS},
        adamw(0.3, eps=1e-2, **TORCH_BETAS),
    ),
    "adamw-defaults": ({"solver": "adamw"}, adamw(0.01)),
    "nadam": (
        {"solver": "nadam", "epsilon": 1e-2, **BETAS},
        of_torch("NAdam", eps=1e-2, **TORCH_BETAS),
    ),
    "nadam-defaults": ({"solver": "nadam"}, of_torch("NAdam")),
    "rmsprop": (
        {"solver": "rmsprop", "beta_2": 0.95, "epsilon": 1e-2},
        of_torch("RMSprop", alpha=0.95, eps=1e-2),
    ),
    "adagrad": ({"solver": "adagrad", "epsilon": 1e-2}, of_torch("Adagrad", eps=1e-2)),
}


def log_loss(s, y):
    return functional.cross_entropy(s, y.argmax(dim=1), reduction="none")


def test_torch_has_a_twin_of_every_solver_but_lion():
    assert {ours["solver"] for ours, _ in SOLVERS.values()} == set(OPTIMIZERS) - {"lion"}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("batch_size", [N_ROWS, 8])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_solver_as_in_torch(solver, batch_size, activation):
    ours, make_optimizer = SOLVERS[solver]
    model = MLPClassifier(**parameters(batch_size=batch_size, activation=activation, **ours))
    network, _ = compare(model, *CLASSIFICATIONS["multiclass"], log_loss, make_optimizer)
    assert_same(model.predict_proba(X), torch.softmax(scores(network), dim=1).numpy())


@pytest.mark.parametrize("solver", SOLVERS)
def test_clipping_as_in_torch(solver):
    ours, make_optimizer = SOLVERS[solver]
    model = MLPClassifier(**parameters(batch_size=8, clip_norm=0.9, **ours))
    _, norms = compare(model, *CLASSIFICATIONS["multiclass"], log_loss, make_optimizer)
    assert 0 < (norms > 0.9).mean() < 1


# Activations --------------------------------------------------------------------------------


def test_torch_has_a_twin_of_every_activation():
    assert set(ACTIVATIONS) == set(HIDDEN_ACTIVATIONS)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("solver", ["sgd-nesterov", "adam-epsilon"])
def test_activation_as_in_torch(activation, solver):
    ours, make_optimizer = SOLVERS[solver]
    model = MLPClassifier(**parameters(activation=activation, **ours))
    compare(model, *CLASSIFICATIONS["multiclass"], log_loss, make_optimizer)


def test_one_activation_for_each_layer_as_in_torch():
    names = ["gelu", "leaky_relu", "logistic", "hard_tanh"]
    model = MLPRegressor(**parameters(hidden_layer_sizes=(7, 6, 5, 4), activation=names))
    model.set_params(**PLAIN_SGD)
    compare(model, REAL, REAL, regression_losses("squared_error", "identity"), plain_sgd)


# Losses -------------------------------------------------------------------------------------


def classification_losses(loss, task, smoothing=0.0, gamma=2.0):
    output_activation = OUTPUT_FUNCTIONS["softmax" if task == "multiclass" else "logistic"]

    def smooth(y):
        return (1 - smoothing) * y + smoothing / (3 if task == "multiclass" else 2)

    def cross_entropy(s, y):
        if task == "multiclass":
            labels = y.argmax(dim=1)
            return functional.cross_entropy(s, labels, reduction="none", label_smoothing=smoothing)
        terms = functional.binary_cross_entropy_with_logits(s, smooth(y), reduction="none")
        return terms.sum(dim=1)

    def focal(s, y):
        p, y = output_activation(s), smooth(y)
        terms = y * (1 - p) ** gamma * torch.log(p)
        if task != "multiclass":
            terms = terms + (1 - y) * p**gamma * torch.log(1 - p)
        return -terms.sum(dim=1)

    def shortfall(s, y):
        return torch.relu(1 - (2 * y - 1) * s)

    return {
        "log_loss": cross_entropy,
        "squared_error": lambda s, y: 0.5 * (output_activation(s) - smooth(y)).square().sum(dim=1),
        "focal": focal,
        "hinge": lambda s, y: shortfall(s, y).sum(dim=1),
        "squared_hinge": lambda s, y: shortfall(s, y).square().sum(dim=1),
    }[loss]


def regression_losses(loss, output_activation):
    def terms(s, y):
        prediction = OUTPUT_FUNCTIONS[output_activation](s)
        residual = y - prediction
        match loss:
            case "squared_error":
                return functional.mse_loss(prediction, y, reduction="none") / 2
            case "absolute_error":
                return functional.l1_loss(prediction, y, reduction="none")
            case "huber":
                return functional.huber_loss(prediction, y, reduction="none", delta=0.4)
            case "quantile":
                return torch.maximum(0.3 * residual, (0.3 - 1) * residual)
            case "log_cosh":
                return torch.log(torch.cosh(residual))
            case "poisson":
                options = {"reduction": "none", "full": False, "eps": 0.0}
                options |= {"log_input": output_activation == "exp"}
                first = functional.poisson_nll_loss(
                    s if output_activation == "exp" else prediction, y, **options
                )
                return first + torch.xlogy(y, y) - y  # the rest is without gradient
            case "gamma":
                return y / prediction - torch.log(y / prediction) - 1

    return lambda s, y: terms(s, y).sum(dim=1)


CLASSIFICATION_CASES = ("log_loss", "squared_error", "focal", "hinge", "squared_hinge")
REGRESSION_TARGETS = {
    "identity": REAL,
    "exp": POSITIVE,
    "softplus": POSITIVE,
    "logistic": WITHIN_1,
    "poisson": COUNTS,
    "gamma": POSITIVE,
}
OF_PREDICTIONS = ("squared_error", "absolute_error", "huber", "quantile", "log_cosh")
REGRESSION_CASES = [
    *product(OF_PREDICTIONS, [name for name in OUTPUT_FUNCTIONS if name != "softmax"]),
    *product(("poisson", "gamma"), ("exp", "softplus")),
]


def test_torch_computes_every_loss():
    assert set(CLASSIFICATION_CASES) == {name for name, _ in CLASSIFICATION_LOSSES}
    assert {loss for loss, _ in REGRESSION_CASES} == {name for name, _ in REGRESSION_LOSSES}


@every_task
@pytest.mark.parametrize("loss", CLASSIFICATION_CASES)
@pytest.mark.parametrize("solver", ["sgd-nesterov", "adam-epsilon"])
def test_classification_loss_as_in_torch(task, loss, solver):
    ours, make_optimizer = SOLVERS[solver]
    model = MLPClassifier(**parameters(loss=loss, **ours))
    losses = classification_losses(loss, task)
    network, _ = compare(model, *CLASSIFICATIONS[task], losses, make_optimizer)
    expected = scores(network).numpy()
    assert_same(model.decision_function(X).reshape(N_ROWS, -1), expected)


@every_task
@pytest.mark.parametrize("loss", ["log_loss", "squared_error", "focal"])
def test_label_smoothing_as_in_torch(task, loss):
    model = MLPClassifier(**parameters(loss=loss, label_smoothing=0.2, **PLAIN_SGD))
    losses = classification_losses(loss, task, smoothing=0.2)
    compare(model, *CLASSIFICATIONS[task], losses, plain_sgd)


@every_task
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 3.5])
def test_focal_gamma_as_in_torch(task, gamma):
    model = MLPClassifier(**parameters(loss="focal", focal_gamma=gamma, **PLAIN_SGD))
    losses = classification_losses("focal", task, gamma=gamma)
    compare(model, *CLASSIFICATIONS[task], losses, plain_sgd)


@pytest.mark.parametrize(("loss", "output_activation"), REGRESSION_CASES)
@pytest.mark.parametrize("solver", ["sgd-nesterov", "adam-epsilon"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_regression_loss_as_in_torch(loss, output_activation, solver, n_outputs):
    ours, make_optimizer = SOLVERS[solver]
    model = MLPRegressor(**parameters(loss=loss, output_activation=output_activation, **ours))
    model.set_params(huber_epsilon=0.4, quantile=0.3, learning_rate_init=0.01)
    y = REGRESSION_TARGETS[loss if loss in REGRESSION_TARGETS else output_activation][:, :n_outputs]
    losses = regression_losses(loss, output_activation)
    network, _ = compare(model, y[:, 0] if n_outputs == 1 else y, y, losses, make_optimizer)
    expected = OUTPUT_FUNCTIONS[output_activation](scores(network)).numpy()
    assert_same(model.predict(X).reshape(N_ROWS, -1), expected)


# Batch normalisation ------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["sgd-plain", "sgd-nesterov", "adam-epsilon", "adamw"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
# The last batch is as long as the others, or has six rows, or one.
@pytest.mark.parametrize("batch_size", [N_ROWS, 10, 8, 29])
def test_batch_norm_as_in_torch(solver, activation, batch_size):
    ours, make_optimizer = SOLVERS[solver]
    model = MLPClassifier(**parameters(activation=activation, batch_size=batch_size, **ours))
    model.set_params(batch_norm=True)
    network, _ = compare(model, *CLASSIFICATIONS["multiclass"], log_loss, make_optimizer)
    for depth, layer in enumerate(of_kind(network, torch.nn.BatchNorm1d)):
        assert_same(model.batch_norm_scale_[depth], layer.weight.detach().numpy())
        assert_same(model.batch_norm_shift_[depth], layer.bias.detach().numpy())
        assert_same(model.batch_norm_mean_[depth], layer.running_mean.numpy())
        assert_same(model.batch_norm_variance_[depth], layer.running_var.numpy())
    assert_same(model.predict_proba(X), torch.softmax(scores(network), dim=1).numpy())


# Weights taken over -------------------------------------------------------------------------

TASKS = {
    **{task: (MLPClassifier, y) for task, (y, _) in CLASSIFICATIONS.items()},
    "one output": (MLPRegressor, REAL[:, 0]),
    "two outputs": (MLPRegressor, REAL),
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_weights_of_torch_predict_what_they_predict_there(task, batch_norm):
    torch.manual_seed(0)
    estimator, y = TASKS[task]
    model = estimator(**parameters(batch_norm=batch_norm, max_iter=1)).fit(X, y)
    norms = [torch.nn.BatchNorm1d(n) if batch_norm else torch.nn.Identity() for n in (7, 5)]
    network = torch.nn.Sequential(
        *(torch.nn.Linear(4, 7), norms[0], torch.nn.Tanh()),
        *(torch.nn.Linear(7, 5), norms[1], torch.nn.Tanh()),
        torch.nn.Linear(5, model.n_outputs_),
    )
    network(torch.from_numpy(X))  # moves the running statistics
    network.eval()
    before = model.predict(X).copy()
    layers = of_kind(network, torch.nn.Linear)
    model.coefs_ = [layer.weight.detach().numpy().T.copy() for layer in layers]
    model.intercepts_ = [layer.bias.detach().numpy().copy() for layer in layers]
    if batch_norm:
        model.batch_norm_scale_ = [norm.weight.detach().numpy() for norm in norms]
        model.batch_norm_shift_ = [norm.bias.detach().numpy() for norm in norms]
        model.batch_norm_mean_ = [norm.running_mean.numpy() for norm in norms]
        model.batch_norm_variance_ = [norm.running_var.numpy() for norm in norms]
    raw = scores(network).numpy()
    if estimator is MLPRegressor:
        assert not np.allclose(before, model.predict(X))
        assert_same(model.predict(X).reshape(N_ROWS, -1), raw)
    else:
        assert_same(model.decision_function(X).reshape(N_ROWS, -1), raw)
        output_activation = OUTPUT_FUNCTIONS["softmax" if task == "multiclass" else "logistic"]
        expected = output_activation(torch.from_numpy(raw)).numpy()
        assert_same(model.predict_proba(X)[:, -expected.shape[1] :], expected)


@pytest.mark.parametrize("decay", [0.02, 0.3])
def test_alpha_is_weight_decay_times_the_batch_size(decay):
    """Of the weights: torch's acts on all parameters that it is told of."""

    def sgd(network, model):
        groups = [
            {"params": [layer.weight for layer in network if hasattr(layer, "weight")]},
            {"params": [layer.bias for layer in network if hasattr(layer, "bias")]},
        ]
        groups[0]["weight_decay"] = decay
        return torch.optim.SGD(groups, 0.05)

    y, targets = CLASSIFICATIONS["multiclass"]
    model = MLPClassifier(**parameters(alpha=decay * 10, batch_size=10, **PLAIN_SGD)).fit(X, y)
    network = clone_random_state(model, y)
    optimizer = sgd(network, model)
    for _ in range(model.max_iter):
        for x, t in zip(
            torch.from_numpy(X).split(10), torch.from_numpy(targets).split(10), strict=True
        ):
            optimizer.zero_grad()
            log_loss(network(x), t).mean().backward()
            optimizer.step()
    for weight, layer in zip(model.coefs_, of_kind(network, torch.nn.Linear), strict=True):
        assert_same(weight, layer.weight.detach().numpy().T)


# Dropout ------------------------------------------------------------------------------------


def test_dropout_gradient_as_in_torch():
    generator = np.random.default_rng(1)
    layers = [
        Dropout(0.2, generator),
        Dense(4, 6, DenseProducts()),
        ActivationLayer(Tanh()),
        Dropout(0.5, generator),
        Dense(6, 2, DenseProducts()),
    ]
    ours = Network(layers)
    theta = np.random.default_rng(2).normal(size=ours.layout.size) / 2
    ours.allocate(theta, n_rows=N_ROWS, n_inputs=4)
    objective = Objective(ours, SquaredError(), Regularisation([L2(0.1)]), mean_weight=1.0)
    weights, intercepts = (ours.layout.group(name, ours.theta) for name in ("weight", "intercept"))
    same_draws = np.random.default_rng(1)
    first, second = (linear(w, b) for w, b in zip(weights, intercepts, strict=True))
    network = torch.nn.Sequential(
        Masked(0.2, same_draws), first, torch.nn.Tanh(), Masked(0.5, same_draws), second
    )
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    for _ in range(N_STEPS):
        losses = regression_losses("squared_error", "identity")
        squares = first.weight.square().sum() + second.weight.square().sum()
        rows = losses(network(torch.from_numpy(X)), torch.from_numpy(REAL))
        expected = (rows.sum() + 0.1 / 2 * squares) / N_ROWS
        optimizer.zero_grad()
        expected.backward()
        optimizer.step()
        assert_same(objective.value_and_gradient(X, REAL), expected.item())
        ours.theta -= 0.1 * ours.gradient
        slopes = zip(
            ours.layout.group("weight", ours.gradient),
            ours.layout.group("intercept", ours.gradient),
            strict=True,
        )
        for layer, (weight, intercept) in zip((first, second), slopes, strict=True):
            assert_same(weight, layer.weight.grad.numpy().T)
            assert_same(intercept, layer.bias.grad.numpy())
    for layer, weight, intercept in zip((first, second), weights, intercepts, strict=True):
        assert_same(weight, layer.weight.detach().numpy().T)
        assert_same(intercept, layer.bias.detach().numpy())


@pytest.mark.parametrize(
    "rates",
    [
        {"dropout": 0.4},
        {"input_dropout": 0.3},
        {"dropout": [0.0, 0.5], "input_dropout": 0.2},
        {"dropout": [0.5, 0.1], "batch_norm": True},
    ],
    ids=["hidden", "inputs", "both", "batch norm"],
)
@pytest.mark.parametrize("batch_size", [N_ROWS, 8])
def test_dropout_in_training_as_in_torch(rates, batch_size):
    ours, make_optimizer = SOLVERS["sgd-nesterov"]
    model = MLPClassifier(**parameters(activation="relu", batch_size=batch_size, **rates, **ours))
    network, _ = compare(model, *CLASSIFICATIONS["multiclass"], log_loss, make_optimizer)
    assert_same(model.predict_proba(X), torch.softmax(scores(network), dim=1).numpy())


# Schedules ----------------------------------------------------------------------------------


def one_cycle(optimizer, n_batches):
    # torch's phases end at pct_start · total_steps - 1 and total_steps - 1, and its
    # final_div_factor counts from the first rate: peak / 25 / 400 is peak / 10⁴.
    total = N_STEPS * n_batches
    return lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=0.05,
        total_steps=total + 1,
        pct_start=(0.3 * total + 1) / (total + 1),
        cycle_momentum=False,
        final_div_factor=400,
    )


def warm_up(optimizer, n_batches):
    return lr_scheduler.LinearLR(optimizer, start_factor=1 / 5, total_iters=4 * n_batches)


# Ours, what torch's scheduler is for so many batches an epoch, and how often it steps.
TWINS = {
    "constant": (
        {"learning_rate": "constant"},
        lambda optimizer, _: lr_scheduler.ConstantLR(optimizer, factor=1.0),
        "epoch",
    ),
    "exponential": (
        {"learning_rate": "exponential", "learning_rate_decay": 0.8},
        lambda optimizer, _: lr_scheduler.ExponentialLR(optimizer, gamma=0.8),
        "epoch",
    ),
    "step": (
        {"learning_rate": "step", "learning_rate_decay": 0.5, "learning_rate_step": 3},
        lambda optimizer, _: lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5),
        "epoch",
    ),
    "linear": (
        {"learning_rate": "linear", "learning_rate_min": 0.01, "schedule_epochs": 7},
        lambda optimizer, n: lr_scheduler.LinearLR(
            optimizer, start_factor=1.0, end_factor=0.2, total_iters=7 * n
        ),
        "batch",
    ),
    "cosine": (
        {"learning_rate": "cosine", "learning_rate_min": 0.01},
        lambda optimizer, n: lr_scheduler.CosineAnnealingLR(optimizer, N_STEPS * n, eta_min=0.01),
        "batch",
    ),
    "one_cycle": ({"learning_rate": "one_cycle"}, one_cycle, "batch"),
    "warm-up": ({"learning_rate": "constant", "warmup_epochs": 4}, warm_up, "batch"),
    "warm-up-cosine": (
        {"learning_rate": "cosine", "warmup_epochs": 4},
        # Without eta_min the two multiply.
        lambda optimizer, n: lr_scheduler.ChainedScheduler(
            [
                warm_up(optimizer, n),
                lr_scheduler.CosineAnnealingLR(optimizer, N_STEPS * n),
            ]
        ),
        "batch",
    ),
    "invscaling": (
        {"learning_rate": "invscaling", "power_t": 0.7},
        lambda optimizer, _: lr_scheduler.LambdaLR(optimizer, lambda epoch: (1 + epoch) ** -0.7),
        "epoch",
    ),
    # With a tolerance of 0; otherwise torch's best is the last that improved by it.
    "adaptive": (
        {"learning_rate": "adaptive", "n_iter_no_change": 1, "learning_rate_init": 2.0},
        lambda optimizer, _: lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.2, patience=1, threshold=0.0, threshold_mode="abs", eps=0.0
        ),
        "epoch",
    ),
}


def test_torch_has_a_twin_of_every_schedule():
    assert {ours["learning_rate"] for ours, _, _ in TWINS.values()} == set(SCHEDULES)


@pytest.mark.parametrize("schedule", TWINS)
@pytest.mark.parametrize("n_batches", [1, 3])
def test_schedule_as_in_torch(schedule, n_batches):
    ours, make_scheduler, each = TWINS[schedule]
    solver, make_optimizer = SOLVERS["adam-epsilon"]
    model = MLPClassifier(**parameters(batch_size=N_ROWS // n_batches, **solver))
    model.set_params(**ours)
    compare(
        model,
        *CLASSIFICATIONS["multiclass"],
        log_loss,
        make_optimizer,
        lambda optimizer: make_scheduler(optimizer, n_batches),
        each,
    )
    if schedule != "constant":
        assert len(set(model.learning_rate_curve_)) > 1
