from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.marks import every_dtype
from helpers.memory import peak_memory
from skperceptron._core import types
from skperceptron._core.optimizers import OPTIMIZERS, ClipByGlobalNorm
from skperceptron._core.optimizers.adagrad import Adagrad
from skperceptron._core.optimizers.adam import Adam, AdamW, Nadam
from skperceptron._core.optimizers.lion import Lion
from skperceptron._core.optimizers.rmsprop import RMSprop
from skperceptron._core.optimizers.sgd import SGD
from skperceptron._core.parameters import Layout, Parameter
from skperceptron._core.types import BLOCK

every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


@pytest.fixture
def make(from_defaults):
    """Make an optimizer by name, before its first step on so many parameters."""

    def make_optimizer(name, size, dtype=np.float64):
        return started(from_defaults(OPTIMIZERS[name]), size, dtype)

    return make_optimizer


def started(optimizer, size, dtype=np.float64, n_weights=0):
    layout = layout_of(size, n_weights)
    state = getattr(optimizer, "inner", optimizer).init(layout, dtype)
    optimizer.resume(state, layout, step_sizes=True)
    return optimizer


def layout_of(size, n_weights=0):
    return Layout(
        [
            Parameter("weight", (n_weights,), penalised=True),
            Parameter("intercept", (size - n_weights,)),
        ]
    )


def walk(optimizer, theta, gradients, rates):
    """Step along given gradients, of which the optimizer gets copies to use up."""
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.step(theta, gradient.copy(), rate)
    return theta


@pytest.fixture
def path(rng):
    """Start (20,), gradients (30, 20) and rates (30,), as plain floats."""
    return rng.normal(size=20), rng.normal(size=(30, 20)), rng.uniform(0.01, 0.1, 30).tolist()


@every_optimizer
def test_finds_the_bottom_of_a_parabola(make, name):
    curvature, bottom = np.array([0.5, 1.0, 3.0]), np.array([1.0, -2.0, 0.5])
    theta = np.zeros(3)
    optimizer = make(name, 3)
    # Adagrad's steps shrink by themselves.
    rate, decay = (1.0, 1.0) if name == "adagrad" else (0.05, 0.995)
    for step in range(2000):
        optimizer.step(theta, curvature * (theta - bottom), rate * decay**step)
    assert_allclose(theta, bottom, atol=1e-4)


@every_optimizer
def test_gets_down_the_rosenbrock_valley(make, name):
    x, y = start = (-1.2, 1.0)
    theta = np.array(start)
    optimizer = make(name, 2)
    # Adagrad's steps shrink with every gradient seen, so it wants a larger rate.
    rate = 0.5 if name == "adagrad" else 5e-4
    for _ in range(10_000):
        x, y = theta
        gradient = np.array([2 * (x - 1) + 400 * x * (x**2 - y), 200 * (y - x**2)])
        optimizer.step(theta, gradient, rate)
    x, y = theta
    # 24.2 at the start; about 4 where the valley is first met, far from its bottom.
    assert (1 - x) ** 2 + 100 * (y - x**2) ** 2 < 1


@every_optimizer
@every_dtype
def test_resuming_is_going_on(make, name, dtype, path):
    theta, gradients, rates = path
    theta, gradients = theta.astype(dtype), gradients.astype(dtype)
    uninterrupted = walk(make(name, 20, dtype), theta.copy(), gradients, rates)

    first = make(name, 20, dtype)
    walk(first, theta, gradients[:13], rates[:13])
    second = make(name, 20, dtype)
    second.resume(pickle.loads(pickle.dumps(first.state)), layout_of(20), step_sizes=True)
    walk(second, theta, gradients[13:], rates[13:])
    assert theta.dtype == second.state.moments.dtype == dtype
    assert_array_equal(theta, uninterrupted)


@every_optimizer
def test_the_state_given_is_the_state_used(make, name, path):
    theta, gradients, rates = path
    optimizer = make(name, 20)
    state = optimizer.state
    walk(optimizer, theta, gradients, rates)
    assert optimizer.state is state
    assert state.n_steps == 30
    assert state.moments.all()


@every_optimizer
@every_dtype
def test_a_step_allocates_nothing_of_the_size_of_theta(make, name, dtype, rng):
    size = 8 * BLOCK + 5
    theta, gradient = rng.normal(size=(2, size)).astype(dtype)
    optimizer = make(name, size, dtype)
    optimizer.step(theta, gradient.copy(), 0.01)
    assert peak_memory(lambda: optimizer.step(theta, gradient, 0.01)) < theta.nbytes / 100


@pytest.fixture
def blocks_of(monkeypatch):
    """Have vectors cut into blocks of another size; the cuts are cached, so that is emptied."""

    def cut(size):
        monkeypatch.setattr(types, "BLOCK", size)
        types.blocks.cache_clear()

    yield cut
    types.blocks.cache_clear()


@every_optimizer
@pytest.mark.parametrize("block", [1, 7, 20])
def test_blocks_make_no_difference(make, name, block, path, blocks_of):
    theta, gradients, rates = path
    whole = walk(make(name, 20), theta.copy(), gradients, rates)
    blocks_of(block)
    cut = make(name, 20)
    assert len(list(cut.in_blocks(theta, theta, 0.1))) == math.ceil(20 / block)
    assert_array_equal(walk(cut, theta, gradients, rates), whole)


@every_optimizer
def test_a_vector_longer_than_a_block_is_stepped_to_its_end(make, name, rng):
    size = 2 * BLOCK + 3
    theta, gradient = rng.normal(size=(2, size))
    places = [0, BLOCK - 1, BLOCK, 2 * BLOCK, size - 1]
    few = walk(make(name, len(places)), theta[places], [gradient[places]] * 3, [0.01] * 3)
    walk(make(name, size), theta, [gradient] * 3, [0.01] * 3)
    assert_array_equal(theta[places], few)


@pytest.mark.parametrize(
    ("momentum", "nesterov"), [(0.0, False), (0.0, True), (0.9, False), (0.9, True)]
)
def test_sgd_follows_its_equation(momentum, nesterov, path):
    theta, gradients, rates = path
    expected = []
    for i, w in enumerate(theta.tolist()):
        v = 0.0
        for g, rate in zip(gradients[:, i].tolist(), rates, strict=True):
            v = momentum * v - rate * g
            w = w + momentum * v - rate * g if nesterov else w + v
        expected.append(w)
    walk(started(SGD(momentum=momentum, nesterovs_momentum=nesterov), 20), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-12)


def test_plain_sgd_is_gradient_descent(path):
    theta, gradients, rates = path
    expected = theta - sum(rate * g for rate, g in zip(rates, gradients, strict=True))
    walk(started(SGD(momentum=0.0, nesterovs_momentum=False), 20), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("beta_1", "beta_2", "epsilon"), [(0.9, 0.999, 1e-8), (0.5, 0.9, 1e-2), (0.0, 0.0, 1e-8)]
)
def test_adam_follows_its_equation(beta_1, beta_2, epsilon, path):
    theta, gradients, rates = path
    expected = []
    for i, w in enumerate(theta.tolist()):
        m = v = 0.0
        for t, (g, rate) in enumerate(zip(gradients[:, i].tolist(), rates, strict=True), start=1):
            m = beta_1 * m + (1 - beta_1) * g
            v = beta_2 * v + (1 - beta_2) * g**2
            step_size = rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
            w -= step_size * m / (math.sqrt(v) + epsilon)
        expected.append(w)
    walk(started(Adam(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon), 20), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-12)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3, None])
def test_adamw_follows_its_equation(weight_decay, path):
    theta, gradients, rates = path
    decay, n_weights, expected = 0.01 if weight_decay is None else weight_decay, 12, []
    for i, w in enumerate(theta.tolist()):
        m = v = 0.0
        for t, (g, rate) in enumerate(zip(gradients[:, i].tolist(), rates, strict=True), start=1):
            w *= 1 - rate * decay * (i < n_weights)
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            w -= rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-3)
        expected.append(w)
    walk(started(AdamW(0.9, 0.999, 1e-3, weight_decay), 20, n_weights=12), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-11)


@pytest.mark.parametrize("beta_1", [0.0, 0.9])
def test_nadam_follows_its_equation(beta_1, path):
    theta, gradients, rates = path
    expected = []

    def momentum(t):
        return beta_1 * (1 - 0.5 * 0.96 ** (t * 0.004))

    for i, w in enumerate(theta.tolist()):
        m, v, product = 0.0, 0.0, 1.0
        for t, (g, rate) in enumerate(zip(gradients[:, i].tolist(), rates, strict=True), start=1):
            m = beta_1 * m + (1 - beta_1) * g
            v = 0.999 * v + 0.001 * g**2
            product *= momentum(t)
            ahead = momentum(t + 1) * m / (1 - product * momentum(t + 1))
            ahead += (1 - momentum(t)) * g / (1 - product)
            w -= rate * ahead / (math.sqrt(v / (1 - 0.999**t)) + 1e-3)
        expected.append(w)
    walk(started(Nadam(beta_1, 0.999, 1e-3), 20), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("optimizer", "keep", "add"), [(RMSprop(0.9, 1e-3), 0.9, 0.1), (Adagrad(1e-3), 1.0, 1.0)]
)
def test_sums_of_squares_follow_their_equation(optimizer, keep, add, path):
    theta, gradients, rates = path
    expected = []
    for i, w in enumerate(theta.tolist()):
        v = 0.0
        for g, rate in zip(gradients[:, i].tolist(), rates, strict=True):
            v = keep * v + add * g**2
            w -= rate * g / (math.sqrt(v) + 1e-3)
        expected.append(w)
    walk(started(optimizer, 20), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-12)


def test_lion_follows_its_equation(path):
    theta, gradients, rates = path
    n_weights, expected = 12, []
    for i, w in enumerate(theta.tolist()):
        m = 0.0
        for g, rate in zip(gradients[:, i].tolist(), rates, strict=True):
            w *= 1 - rate * 0.3 * (i < n_weights)
            w -= rate * math.copysign(1, 0.9 * m + 0.1 * g)
            m = 0.99 * m + 0.01 * g
        expected.append(w)
    walk(started(Lion(0.9, 0.99, 0.3), 20, n_weights=12), theta, gradients, rates)
    assert_allclose(theta, expected, rtol=1e-12)


@every_optimizer
@pytest.mark.parametrize("n_steps", [1, 2, 30])
def test_the_step_size_is_what_a_constant_gradient_is_multiplied_by(make, name, n_steps, rng):
    # Without decoupled decay: it is no answer to the gradient.
    gradient = rng.normal(size=20)
    theta, optimizer = np.zeros(20), make(name, 20)
    for step in range(n_steps - 1):
        # SGD's velocity remembers rates; in the other optimizers only the last one counts.
        optimizer.step(theta, gradient.copy(), 0.01 * (1 + step))
    before = theta.copy()
    step_size = optimizer.step(theta, gradient.copy(), 0.01)
    assert step_size.length.shape in {(20,), (1,)}
    assert_allclose(before - theta, step_size.length * step_size.gain * gradient, rtol=1e-10)


@every_optimizer
@pytest.mark.parametrize("clipped", [False, True])
def test_steps_are_the_same_where_no_one_reads_the_step_size(make, name, clipped, path):
    theta, gradients, rates = path
    expected = walk(make(name, 20), theta.copy(), gradients, rates)
    optimizer = make(name, 20)
    optimizer = ClipByGlobalNorm(optimizer, 1e9) if clipped else optimizer
    optimizer.resume(optimizer.init(layout_of(20), float), layout_of(20), step_sizes=False)
    assert_array_equal(walk(optimizer, theta, gradients, rates), expected)


def test_lions_step_size_is_finite_without_a_gradient(make):
    step_size = make("lion", 3).step(np.zeros(3), np.zeros(3), 0.01)
    assert np.isfinite(step_size.length).all()


@pytest.mark.parametrize("clip_norm", [0.5, 10.0, 1e12])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e200])
@every_dtype
def test_clipping_bounds_the_norm_and_keeps_the_direction(scale, clip_norm, dtype, rng):
    # The squares of the largest overflow.
    scale = min(scale, float(np.finfo(dtype).max) / 1e10)
    gradient = (scale * rng.normal(size=20)).astype(dtype)
    optimizer = started(
        ClipByGlobalNorm(SGD(momentum=0.0, nesterovs_momentum=False), clip_norm), 20, dtype
    )
    theta = np.zeros(20, dtype)
    with np.errstate(over="ignore"):
        optimizer.step(theta, gradient.copy(), 1.0)
    wide = gradient.astype(float)
    norm = np.abs(wide).max() * np.linalg.norm(wide / np.abs(wide).max())
    expected = wide * min(1, clip_norm / norm)
    assert_allclose(-theta, expected, rtol=1e-5 if dtype == np.float32 else 1e-13)


def test_a_short_gradient_is_not_touched_by_clipping(path):
    theta, gradients, rates = path
    plain = walk(started(Adam(0.9, 0.999, 1e-8), 20), theta.copy(), gradients, rates)
    walk(started(ClipByGlobalNorm(Adam(0.9, 0.999, 1e-8), 1e9), 20), theta, gradients, rates)
    assert_array_equal(theta, plain)


# torch adds epsilon to the corrected √v, we to the uncorrected one as scikit-learn does:
# an epsilon this small is lost in both.
@pytest.mark.parametrize(
    ("ours", "name", "options"),
    [
        pytest.param(SGD(0.0, False), "SGD", {}, id="plain"),
        pytest.param(SGD(0.9, False), "SGD", {"momentum": 0.9}, id="momentum"),
        pytest.param(SGD(0.9, True), "SGD", {"momentum": 0.9, "nesterov": True}, id="nesterov"),
        pytest.param(
            AdamW(0.9, 0.999, 1e-4, 0.0), "AdamW", {"eps": 1e-4, "weight_decay": 0}, id="adamw"
        ),
        pytest.param(Nadam(0.9, 0.999, 1e-4), "NAdam", {"eps": 1e-4}, id="nadam"),
        pytest.param(RMSprop(0.9, 1e-4), "RMSprop", {"alpha": 0.9, "eps": 1e-4}, id="rmsprop"),
        pytest.param(Adagrad(1e-4), "Adagrad", {"eps": 1e-4}, id="adagrad"),
        pytest.param(
            Adam(0.9, 0.999, 1e-16), "Adam", {"betas": (0.9, 0.999), "eps": 1e-16}, id="adam"
        ),
    ],
)
def test_torch_takes_the_same_steps(ours, name, options, path):
    torch = pytest.importorskip("torch")
    theta, gradients, _ = path
    # One rate: torch keeps it out of the velocity, so with several rates the two differ.
    rate = 0.01
    theirs = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([theirs], lr=rate, **options)
    # torch's Nadam keeps its product of momenta in the default precision.
    torch.set_default_dtype(torch.float64)
    try:
        for gradient in gradients:
            theirs.grad = torch.tensor(gradient)
            optimizer.step()
    finally:
        torch.set_default_dtype(torch.float32)
    walk(started(ours, 20), theta, gradients, [rate] * len(gradients))
    assert_allclose(theta, theirs.detach().numpy(), rtol=1e-12)


class TestRateFactors:
    """Each parameter array moves by the rate times its own factor."""

    SHAPES = (3, 4, 5)
    FACTORS = (0.5, 1.0, 2.0)

    def started(self, optimizer, factors):
        parameters = [
            Parameter(name, (size,), penalised=name == "a", rate_factor=factor)
            for name, size, factor in zip("abc", self.SHAPES, factors, strict=True)
        ]
        layout = Layout(parameters)
        state = getattr(optimizer, "inner", optimizer).init(layout, np.float64)
        optimizer.resume(state, layout, step_sizes=True)
        return optimizer

    @every_optimizer
    @pytest.mark.parametrize("block", [2, 65536])
    def test_are_those_of_rates_that_are_as_much_smaller(
        self, from_defaults, name, block, rng, blocks_of
    ):
        blocks_of(block)
        theta, gradients = rng.normal(size=12), rng.normal(size=(6, 12))
        together = self.started(from_defaults(OPTIMIZERS[name]), self.FACTORS)
        moved = walk(together, theta.copy(), gradients, [0.01] * 6)
        places = np.split(np.arange(12), np.cumsum(self.SHAPES)[:-1])
        for place, factor in zip(places, self.FACTORS, strict=True):
            alone = self.started(from_defaults(OPTIMIZERS[name]), (1.0, 1.0, 1.0))
            expected = walk(alone, theta.copy(), gradients, [0.01 * factor] * 6)
            assert_allclose(moved[place], expected[place], rtol=1e-13)

    @every_optimizer
    def test_are_in_the_step_sizes(self, from_defaults, name, rng):
        theta, gradient = rng.normal(size=12), rng.normal(size=12)
        step_sizes = []
        for factors in (self.FACTORS, (1.0, 1.0, 1.0)):
            optimizer = self.started(from_defaults(OPTIMIZERS[name]), factors)
            step_size = optimizer.step(theta.copy(), gradient.copy(), 0.01)
            step_sizes.append(np.broadcast_to(step_size.length, 12).copy())
            longest = np.broadcast_to(step_size.longest, 3)
        factors = np.repeat(self.FACTORS, self.SHAPES)
        assert_allclose(step_sizes[0], factors * step_sizes[1], rtol=1e-13)
        assert (longest > 0).all()

    @every_optimizer
    def test_of_one_cost_nothing(self, from_defaults, name):
        optimizer = self.started(from_defaults(OPTIMIZERS[name]), (1.0, 1.0, 1.0))
        assert [place for place, *_ in optimizer._blocks] == [slice(0, 12)]
        assert optimizer._factors.shape == (1,)
