"""Activations: functions of a layer's pre-activation, with their derivative."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from scipy.special import expit, ndtr

from . import formulas
from .formulas import Formula
from .kernels import Kernel
from .types import Array

if TYPE_CHECKING:
    from .compiled.tape import Tape

_ZERO = np.zeros((), np.float32)  # NumPy takes it faster than a number of Python's


@runtime_checkable
class ActivationLike(Protocol):
    """What an activation has, one of the user's included; every array is (n_rows, n_units)."""

    @property
    def saves(self) -> Literal["output", "input"]:
        """What the derivative is written in terms of."""

    def forward(self, z: Array) -> None:
        """Replace ``z`` by ``f(z)``."""

    def backward(self, saved: Array, delta: Array) -> None:
        """Turn ``delta`` from d loss / d a into d loss / d z.

        ``saved`` is what the activation saves: its output a, or its input z. It may be
        overwritten.
        """


class Activation(ABC):
    """Interface of an activation ``a = f(z)``; the methods are those of ActivationLike.

    Both work in place. Where the derivative can be written in terms of the output, a layer
    owns one buffer only; where it ``saves`` the input, the layer keeps a copy of that.
    ``formula`` says the same as ``forward`` to whoever computes it in another language.
    """

    saves: ClassVar[Literal["output", "input"]] = "output"
    nonsmooth: ClassVar[bool] = False  # whether the derivative jumps
    # |f(z)| is at most linear_bound · |z| + constant_bound.
    linear_bound: ClassVar[float] = 1.0
    constant_bound: ClassVar[float] = 0.0

    @abstractmethod
    def forward(self, z: Array) -> None: ...

    @abstractmethod
    def backward(self, saved: Array, delta: Array) -> None: ...

    @abstractmethod
    def formula(self, z: Formula) -> Formula:
        """``f(z)``."""


class Identity(Activation):
    """``a = z``."""

    def forward(self, z: Array) -> None:
        pass

    def backward(self, saved: Array, delta: Array) -> None:
        pass

    def formula(self, z: Formula) -> Formula:
        return z

    def record(self, tape: Tape, z: Array) -> None:
        pass

    def record_backward(self, tape: Tape, saved: Array, delta: Array) -> None:
        pass


class Logistic(Activation):
    """``a = 1 / (1 + exp(-z))``, ``da/dz = a (1 - a)``."""

    linear_bound, constant_bound = 0.0, 1.0

    def forward(self, z: Array) -> None:
        expit(z, out=z)

    def backward(self, saved: Array, delta: Array) -> None:
        delta *= saved
        np.subtract(1, saved, out=saved)
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return formulas.logistic(z)

    def record(self, tape: Tape, z: Array) -> None:
        tape.call(expit, z, z)

    def record_backward(self, tape: Tape, saved: Array, delta: Array) -> None:
        tape.call(np.multiply, delta, saved, delta)
        tape.call(np.subtract, 1.0, saved, saved)
        tape.call(np.multiply, delta, saved, delta)


class Tanh(Activation):
    """``a = tanh(z)``, ``da/dz = 1 - a²``."""

    linear_bound, constant_bound = 0.0, 1.0

    def forward(self, z: Array) -> None:
        np.tanh(z, out=z)

    def backward(self, saved: Array, delta: Array) -> None:
        saved *= saved
        np.subtract(1, saved, out=saved)
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return formulas.tanh(z)

    def record(self, tape: Tape, z: Array) -> None:
        tape.call(np.tanh, z, z)

    def record_backward(self, tape: Tape, saved: Array, delta: Array) -> None:
        tape.call(np.multiply, saved, saved, saved)
        tape.call(np.subtract, 1.0, saved, saved)
        tape.call(np.multiply, delta, saved, delta)


class Relu(Activation):
    """``a = max(z, 0)``; ``da/dz`` is 1 where a > 0, else 0 (0 at the kink)."""

    nonsmooth = True

    def forward(self, z: Array) -> None:
        # Against an array of zeros NumPy's maximum runs in vector registers; against a number
        # it takes twice as long.
        flat, zeros = z.reshape(-1), _zeros(z.dtype)
        while flat.size > zeros.size:
            np.maximum(flat[: zeros.size], zeros, out=flat[: zeros.size])
            flat = flat[zeros.size :]
        np.maximum(flat, zeros[: flat.size], out=flat)

    def backward(self, saved: Array, delta: Array) -> None:
        _keep_where_positive.run(delta, saved)

    def formula(self, z: Formula) -> Formula:
        return formulas.maximum(z, 0.0)

    def record(self, tape: Tape, z: Array) -> None:
        tape.run(_rectify_loop, z)

    def record_backward(self, tape: Tape, saved: Array, delta: Array) -> None:
        tape.run(_keep_where_positive, delta, saved)


def _rectify_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    values = arrays[0]
    for i in range(sizes[0] * sizes[1]):
        # What is not a number stays.
        values[i] = 0 if values[i] <= 0 else values[i]


def _keep_where_positive_numpy(values: Array, signs: Array) -> None:
    # No branches, which random signs would make the processor mispredict.
    np.multiply(values, np.greater(signs, _ZERO), out=values)


def _keep_where_positive_loop(arrays: Any, sizes: Any, integers: Any, _: Any) -> None:
    values, signs = arrays[0], arrays[1]
    for i in range(sizes[0] * sizes[1]):
        # Not 0 where the value is not finite.
        values[i] *= signs[i] > 0


_keep_where_positive = Kernel(
    _keep_where_positive_numpy, _keep_where_positive_loop, dimensions=(2, 2)
)


class LeakyRelu(Activation):
    """``a = z`` where z > 0, else ``z / 100`` (Maas, Hannun & Ng 2013)."""

    nonsmooth = True
    slope = 0.01

    def forward(self, z: Array) -> None:
        np.maximum(z, self.slope * z, out=z)

    def backward(self, saved: Array, delta: Array) -> None:
        delta *= np.where(saved > 0, saved.dtype.type(1), saved.dtype.type(self.slope))

    def formula(self, z: Formula) -> Formula:
        return formulas.maximum(z, self.slope * z)


class Elu(Activation):
    """``a = z`` where z > 0, else ``exp(z) - 1`` (Clevert, Unterthiner & Hochreiter 2016).

    ``da/dz`` is 1 where a > 0, else ``a + 1``.
    """

    def forward(self, z: Array) -> None:
        _bend(z, 1.0)

    def backward(self, saved: Array, delta: Array) -> None:
        np.minimum(saved, 0, out=saved)
        saved += 1
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return formulas.maximum(z, 0.0) + formulas.expm1(formulas.minimum(z, 0.0))


class Selu(Activation):
    """``a = λ z`` where z > 0, else ``λ α (exp(z) - 1)``.

    Klambauer et al. (2017), "Self-normalizing neural networks", with their constants: mean
    0 and variance 1 are a stable fixed point. ``da/dz`` is λ where a > 0, else ``a + λ α``.
    """

    nonsmooth = True
    linear_bound = 1.7580993408473766  # scale · alpha
    scale = 1.0507009873554805
    alpha = 1.6732632423543772

    def forward(self, z: Array) -> None:
        _bend(z, self.alpha)
        z *= self.scale

    def backward(self, saved: Array, delta: Array) -> None:
        below = saved + self.scale * self.alpha
        delta *= np.where(saved > 0, saved.dtype.type(self.scale), below)

    def formula(self, z: Formula) -> Formula:
        below = self.alpha * formulas.expm1(formulas.minimum(z, 0.0))
        return self.scale * (formulas.maximum(z, 0.0) + below)


class Gelu(Activation):
    """``a = z Φ(z)``, Φ the standard normal distribution function (Hendrycks & Gimpel 2016).

    ``da/dz = Φ(z) + z φ(z)``.
    """

    saves = "input"

    def forward(self, z: Array) -> None:
        z *= ndtr(z)

    def backward(self, saved: Array, delta: Array) -> None:
        # Beyond, Φ is 0 or 1 and φ is 0, and the square could overflow.
        np.clip(saved, -40, 40, out=saved)
        slope = ndtr(saved)
        density = np.exp(-0.5 * saved * saved)
        density *= 1 / np.sqrt(saved.dtype.type(2 * np.pi))
        density *= saved
        slope += density
        delta *= slope

    def formula(self, z: Formula) -> Formula:
        return z * formulas.normal_cdf(z)


class Silu(Activation):
    """``a = z σ(z)``, also called swish; ``da/dz = σ(z) (1 + z (1 - σ(z)))``.

    Hendrycks & Gimpel (2016); Ramachandran, Zoph & Le (2017).
    """

    saves = "input"

    def forward(self, z: Array) -> None:
        z *= expit(z)

    def backward(self, saved: Array, delta: Array) -> None:
        gate = expit(saved)
        saved *= 1 - gate
        saved += 1
        saved *= gate
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        # Not z times its logistic: onnxruntime 1.23 fuses these operators, and has no kernel for
        # the fused one in float64.
        return z / (1.0 + formulas.exp(-z))


class Mish(Activation):
    """``a = z t``, ``t = tanh(log(1 + exp(z)))`` (Misra 2019); ``da/dz = t + z σ(z) (1 - t²)``."""

    saves = "input"

    def forward(self, z: Array) -> None:
        z *= np.tanh(softplus(z))

    def backward(self, saved: Array, delta: Array) -> None:
        gate = np.tanh(softplus(saved))
        saved *= expit(saved)
        saved *= 1 - gate * gate
        saved += gate
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return z * formulas.tanh(formulas.softplus(z))


class Softplus(Activation):
    """``a = log(1 + exp(z))``; ``da/dz = σ(z) = 1 - exp(-a)``."""

    constant_bound = math.log(2)

    def forward(self, z: Array) -> None:
        z[...] = softplus(z)

    def backward(self, saved: Array, delta: Array) -> None:
        np.negative(saved, out=saved)
        np.expm1(saved, out=saved)
        np.negative(saved, out=saved)
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return formulas.softplus(z)


class HardTanh(Activation):
    """``a = min(max(z, -1), 1)``; ``da/dz`` is 1 where |a| < 1, else 0 (0 at the kinks)."""

    nonsmooth = True
    linear_bound, constant_bound = 0.0, 1.0

    def forward(self, z: Array) -> None:
        np.clip(z, -1, 1, out=z)

    def backward(self, saved: Array, delta: Array) -> None:
        delta *= np.abs(saved) < 1

    def formula(self, z: Formula) -> Formula:
        return formulas.minimum(formulas.maximum(z, -1.0), 1.0)


class Exp(Activation):
    """``a = exp(z)``, ``da/dz = a``: an output only."""

    linear_bound = math.inf

    def forward(self, z: Array) -> None:
        np.exp(z, out=z)

    def backward(self, saved: Array, delta: Array) -> None:
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return formulas.exp(z)


class Softmax(Activation):
    """``aₖ = exp(zₖ) / Σⱼ exp(zⱼ)`` along each row: an output only."""

    linear_bound, constant_bound = 0.0, 1.0

    def forward(self, z: Array) -> None:
        # For few rows the methods of arrays take longer than the functions that they call.
        z -= np.maximum.reduce(z, axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= np.add.reduce(z, axis=1, keepdims=True)

    def backward(self, saved: Array, delta: Array) -> None:
        # The Jacobian is diag(a) - a aᵀ.
        delta -= np.einsum("ij,ij->i", saved, delta)[:, np.newaxis]
        delta *= saved

    def formula(self, z: Formula) -> Formula:
        return formulas.softmax(z)


@cache
def _zeros(dtype: np.dtype[Any]) -> Array:
    """Zeros, few enough to stay in the cache."""
    return np.zeros(16384, dtype)


def _bend(z: Array, alpha: float) -> None:
    """Replace z by ``α (exp(z) - 1)`` where it is negative; that is 0 for min(z, 0) elsewhere."""
    negative = np.minimum(z, 0)
    np.expm1(negative, out=negative)
    negative *= alpha
    np.maximum(z, 0, out=z)
    z += negative


def softplus(z: Array) -> Array:
    """``log(1 + exp(z))`` without overflow, as ``max(z, 0) + log(1 + exp(-|z|))``."""
    result = np.abs(z)
    np.negative(result, out=result)
    np.exp(result, out=result)
    np.log1p(result, out=result)
    result += np.maximum(z, 0)
    return result


HIDDEN_ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "sigmoid": Logistic,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "selu": Selu,
    "gelu": Gelu,
    "silu": Silu,
    "mish": Mish,
    "softplus": Softplus,
    "hard_tanh": HardTanh,
}

OUTPUT_ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "softmax": Softmax,
    "exp": Exp,
    "softplus": Softplus,
}
