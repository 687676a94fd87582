"""MLPAutoencoder: a network that learns its own inputs, through a bottleneck."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array

from ._architecture import activations
from ._base import BaseMLP, has_epochs
from ._compat import available_if, check_sample_weight
from ._inputs import as_numbers
from ._messages import error_context
from ._parameters import AutoencoderParameters, with_parameters
from ._predict import check_finite, predictor
from ._tasks import ReconstructionTask, explained_variance
from ._types import Array, ArrayLike, MatrixLike


@with_parameters
class MLPAutoencoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, AutoencoderParameters, BaseMLP
):
    r"""Multilayer perceptron that reconstructs its inputs from a code of few numbers.

    For nonlinear dimension reduction, denoising and the detection of anomalies. Compare it with
    :class:`sklearn.decomposition.PCA` with as many components.

    One of the hidden layers, the bottleneck, is narrow. The outputs of the bottleneck for a row are
    the code of the row. ``transform`` computes the code by the layers up to the bottleneck, and
    ``inverse_transform`` computes a reconstruction :math:`\hat x` of the code by the layers after.
    All layers are trained together [1]_ to minimise the mean of
    :math:`\frac12 \lVert x - \hat x \rVert^2` over rows, plus the penalty, as in an
    :class:`MLPRegressor` whose targets are its inputs. With linear layers only, the codes span the
    same space as the first principal components [2]_.

    With ``input_dropout`` some inputs are missing in training, while the targets are complete: a
    denoising autoencoder [3]_.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(64, 2, 64)
        Number of units of each hidden layer, of which there must be one: the bottleneck.

    activation : str, object, or sequence of them, default='relu'
        Activation of the hidden units, as in :class:`MLPRegressor`. One for all is for all hidden
        layers but the bottleneck, which is then linear ('identity'), so that codes are any
        numbers. In a sequence with one for each hidden layer, the bottleneck has one too.

    bottleneck : int or None, default=None
        Which hidden layer is the bottleneck, counted from the inputs or, if negative, from the
        output; None is the narrowest, and the first of them if there are several.

    output_activation : {'identity', 'exp', 'softplus', 'logistic'}, default='identity'
        What makes reconstructions of the last layer's scores, and so bounds them: 'logistic' to
        (0, 1), 'exp' and 'softplus' to positive numbers.

    solver : str, default='adam'
        How the weights :math:`w` follow the gradient :math:`g` at learning rate :math:`\eta`.
        :math:`m` and :math:`v` are running means of :math:`g` and :math:`g^2`, and
        :math:`\hat m`, :math:`\hat v` the same without their bias towards 0:

        - 'sgd': :math:`u \leftarrow \mu u - \eta g`, then :math:`w \leftarrow w + u`, or
          with Nesterov's momentum :math:`w \leftarrow w + \mu u - \eta g` [4]_;
        - 'adam': :math:`w \leftarrow w - \eta_t m / (\sqrt v + \epsilon)`, where
          :math:`\eta_t = \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)` [5]_;
        - 'adamw': :math:`w \leftarrow (1 - \eta \lambda) w - \eta \hat m / (\sqrt{\hat v} +
          \epsilon)`, where :math:`\lambda` is ``weight_decay`` [6]_;
        - 'nadam': Adam with Nesterov's momentum, :math:`w \leftarrow w - \eta (\mu_{t+1} m /
          (1 - \mu_1 \cdots \mu_{t+1}) + (1 - \mu_t) g / (1 - \mu_1 \cdots \mu_t)) /
          (\sqrt{\hat v} + \epsilon)`, where :math:`\mu_t = \beta_1 (1 - 0.96^{t/250} / 2)`
          [7]_;
        - 'rmsprop': :math:`w \leftarrow w - \eta g / (\sqrt v + \epsilon)` [8]_;
        - 'adagrad': the same with :math:`v` the sum of all :math:`g^2` [9]_;
        - 'lion': :math:`w \leftarrow (1 - \eta \lambda) w - \eta\, \mathrm{sign}(\beta_1 m +
          (1 - \beta_1) g)`, and :math:`m` decays by :math:`\beta_2` [10]_. It needs a
          learning rate three to ten times smaller than Adam's;
        - 'lbfgs': the quasi-Newton method L-BFGS on all rows at once [11]_, for small data. It
          has no learning rate and no epochs, and ``tol`` bounds the largest gradient.

    alpha : float, default=1e-4
        Strength of the penalty :math:`\alpha (\rho \lVert W \rVert_1 + \frac{1 - \rho}{2}
        \lVert W \rVert^2)`, where :math:`\rho` is ``l1_ratio``. The penalty is added to the sum of
        the losses of a batch, before the sum is divided by the number of rows (and the mean
        sample weight). Intercepts are not penalised. At least 0.

    l1_ratio : float, default=0.0
        Share of the L1 norm in the penalty: 0 is L2, 1 is L1. The L1 part is applied after each
        step as a soft threshold, with the step length of each weight, so that weights
        become exactly 0. In [0, 1].

    weight_decay : float or None, default=None
        Share of a weight that 'adamw' and 'lion' take off per step and unit of learning rate,
        apart from the gradient; None is 0.01. Intercepts do not decay. At least 0.

    dropout : float or sequence of float, default=0.0
        Probability that the output of a hidden unit is zeroed for a row during training;
        the others are divided by ``1 - dropout``, and prediction uses all [12]_. One value
        for all hidden layers, or one for each. In [0, 1).

    input_dropout : float, default=0.0
        Probability that an input is zeroed for a row during training; the others are divided by
        ``1 - input_dropout``. In [0, 1).

    batch_norm : bool, default=False
        Whether to normalise each hidden pre-activation by its mean and variance in the batch,
        rows counted by their weights, before a trained scale and shift [13]_. Prediction uses
        running statistics, which move by a tenth towards those of each batch. A batch of one row,
        whatever its weight, uses the running statistics too.

    max_norm : float or None, default=None
        Maximum norm of the vector of incoming weights of a unit: after each step, a longer vector
        is moved to the nearest point within [12]_. Greater than 0.

    max_norm_order : {1, 2}, default=2
        Norm that ``max_norm`` bounds: sum of absolute values, or Euclidean length.

    weight_init : str, default='auto'
        How weights are drawn: 'auto' is what scikit-learn does, which is 'glorot_uniform' with
        a smaller factor for logistic units, and intercepts drawn too. Otherwise intercepts
        are 0, and weights have mean 0 and a variance of

        - 'glorot_uniform', 'glorot_normal': 2 / (fan_in + fan_out) [14]_;
        - 'he_uniform', 'he_normal': 2 / fan_in [15]_;
        - 'lecun_uniform', 'lecun_normal': 1 / fan_in;
        - 'orthogonal': orthogonal rows or columns of length 1;
        - 'zeros': 0, for the linear model.

    batch_size : int or 'auto', default='auto'
        Rows per step of a stochastic solver; 'auto' is ``min(200, n_samples)``.

    learning_rate : str or callable, default='constant'
        Schedule of the learning rate, whatever the solver, from ``learning_rate_init`` on:

        - 'constant': ``learning_rate_init`` throughout;
        - 'invscaling': divided by ``(1 + t) ** power_t``, where t counts the rows
          seen in earlier epochs for 'sgd', and the epochs done for every other solver;
        - 'adaptive': divided by 5 whenever patience runs out (see ``n_iter_no_change``),
          until it is 1e-6 or less;
        - 'exponential': times ``learning_rate_decay`` after each epoch;
        - 'step': times ``learning_rate_decay`` every ``learning_rate_step`` epochs;
        - 'linear', 'cosine': down to ``learning_rate_min`` at ``schedule_epochs``, along a line
          or half a cosine [16]_;
        - 'one_cycle': up from 1/25 of it in the first 30 % of ``schedule_epochs``, then down to
          1e-4 of it, along half cosines [17]_;
        - a function of the position in epochs, fractions included, that returns the rate.

    learning_rate_init : float, default=0.001
        Learning rate to start from. Greater than 0.

    power_t : float, default=0.5
        Exponent of 'invscaling'. At least 0.

    warmup_epochs : int, default=0
        Number n of epochs in which the rate of any schedule rises along a line, batch by batch,
        from 1 / (n + 1) of its value to all of it.

    learning_rate_decay : float, default=0.95
        Factor of 'exponential' and 'step'. In (0, 1].

    learning_rate_step : int, default=10
        Number of epochs between the decays of 'step'.

    learning_rate_min : float, default=0.0
        Learning rate at the end of 'linear' and 'cosine'. At least 0.

    schedule_epochs : int or None, default=None
        Number of epochs until 'linear', 'cosine' and 'one_cycle' end, after which the learning
        rate keeps its last value; None is ``max_iter``. Set it when training by ``partial_fit`` or
        warm starts.

    clip_norm : float or None, default=None
        Maximum norm of the gradient of all parameters together: a longer gradient is scaled down
        to it. Greater than 0.

    max_iter : int, default=200
        Maximum number of epochs (passes over the data), or of iterations of 'lbfgs', in one call
        of ``fit``.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the validation split, the shuffles and the dropout
        masks. Pass an int for the same result at every call.

    tol : float or None, default=1e-4
        Smallest decrease of the loss that counts as an improvement. At least 0. With None training
        never stops early, and no ``ConvergenceWarning`` is given.

    verbose : bool or int, default=False
        Whether to print the loss, and the validation score, of each epoch; 2 adds the learning
        rate, the penalty, the mean norm of the gradients, the validation loss, and the time since
        the start.

    warm_start : bool, default=False
        Whether ``fit`` continues from where the last call ended, and computes what one longer call
        would have computed. 'lbfgs' continues from the weights only, and takes another path. The
        first ``fit`` starts from ``coefs_`` and ``intercepts_`` if they are set before it.

    momentum : float, default=0.9
        Momentum :math:`\mu` of 'sgd'. In [0, 1].

    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.

    early_stopping : bool, default=False
        Whether to hold rows out, to stop by their score instead of by the training loss, and to
        keep the weights of the best epoch. With ``X_val`` in ``fit`` no row is held out, and
        ``X_val`` is watched. The split is drawn once: a warm start holds the same rows out. If the
        data are too small to split, the training loss is watched, with a warning.

    validation_fraction : float, default=0.1
        Share of the rows that ``early_stopping`` holds out. In [0, 1).

    scoring : 'loss', callable or None, default=None
        What ``early_stopping`` watches: None is what ``score`` computes, 'loss' the loss on the
        held-out rows. Otherwise it is a function of an estimator, X and y, where y is X again. The
        function gets arrays, and sample weights if it has an argument ``sample_weight``. The
        untrained network is scored once, so that a scoring that fails or has no value on these
        rows is refused.

    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the running means of the gradient and its square, for the solvers that have
        them ('rmsprop' has the second only). In [0, 1).

    epsilon : float, default=1e-8
        Keeps the steps of the solvers that divide by root mean squares finite. Greater than 0.

    n_iter_no_change : int or inf, default=10
        Patience: training stops after more than this many epochs in a row without an
        improvement by ``tol``. Epochs in which the learning rate still rises (``warmup_epochs``,
        'one_cycle') are not counted.

    max_fun : int, default=15000
        Maximum number of evaluations of the objective by 'lbfgs' in one call of ``fit``.

    dtype : {'float32', 'float64'} or None, default=None
        Precision of weights and arithmetic; None is that of X if it is floating point, and
        float64 otherwise.

    Attributes
    ----------
    bottleneck_ : int
        The hidden layer that codes are read from, counted from 0. For its activations beside the
        others' use ``hidden_activations(X, layer)``.

    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer: those of the encoder are ``coefs_[: bottleneck_ + 1]``.

    intercepts_ : list of ndarray of shape (fan_out,)
        Intercepts of each layer.

    batch_norm_scale_, batch_norm_shift_ : list of ndarray of shape (n_units,) or None
        Trained scale and shift of each hidden layer; None without ``batch_norm``.

    batch_norm_mean_, batch_norm_variance_ : list of ndarray of shape (n_units,) or None
        Running statistics of each hidden layer's pre-activations.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, defined only if X has names that are all strings.

    n_layers_ : int
        Number of layers, inputs and outputs included.

    n_outputs_ : int
        Number of units of the output layer.

    out_activation_ : str
        Same as ``output_activation``.

    n_iter_ : int
        Epochs of the last call of ``fit`` or ``partial_fit``; 0 if 'lbfgs' had nothing to do.

    t_ : int
        Rows shown since the first call, or since ``drop_training_state`` and the next one: epochs
        times training rows.

    loss_ : float
        Objective of the last epoch: mean over its batches, as they were when visited.

    loss_curve_ : list of float
        The same for each epoch since the first call, or since ``drop_training_state``, which
        empties this and the other curves. One value for a call of 'lbfgs' that needs no iteration.

    best_loss_ : float or None
        Lowest value of ``loss_curve_``, since weights were edited if they were; None where a score
        is watched instead, or before there is a loss.

    learning_rate_curve_ : list of float or None
        Learning rate of the last step of each epoch; None for 'lbfgs'.

    validation_loss_curve_ : list of float or None
        Mean loss, without penalty, on the held-out rows or ``X_val`` after each epoch; None
        where there are neither.

    validation_scores_ : list of float or None
        What ``scoring`` asks for, on the same rows, negative for 'loss'; None without
        ``early_stopping``.

    best_validation_score_ : float or None
        Highest of ``validation_scores_``, likewise; None if none of them is a number.

    See Also
    --------
    MLPRegressor : The same network with targets of their own.
    sklearn.decomposition.PCA : The linear autoencoder with the smallest error, without training.

    Notes
    -----
    The loss is a sum over features, so it and a good ``learning_rate_init`` depend on their
    scale: scale X first. Sparse X stays sparse on the way in; as targets its rows are made dense
    batch by batch.

    References
    ----------
    .. [1] Hinton, G. and Salakhutdinov, R. (2006). Reducing the dimensionality of data with
       neural networks. Science 313.
    .. [2] Baldi, P. and Hornik, K. (1989). Neural networks and principal component analysis:
       learning from examples without local minima. Neural Networks 2.
    .. [3] Vincent, P., Larochelle, H., Bengio, Y. and Manzagol, P.-A. (2008). Extracting and
       composing robust features with denoising autoencoders. ICML.
    .. [4] Sutskever, I., Martens, J., Dahl, G. and Hinton, G. (2013). On the importance of
       initialization and momentum in deep learning. ICML.
    .. [5] Kingma, D. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
    .. [6] Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR.
    .. [7] Dozat, T. (2016). Incorporating Nesterov momentum into Adam. ICLR workshop.
    .. [8] Tieleman, T. and Hinton, G. (2012). TrainingData 6.5 of Neural networks for machine
       learning. Coursera.
    .. [9] Duchi, J., Hazan, E. and Singer, Y. (2011). Adaptive subgradient methods for online
       learning and stochastic optimization. JMLR 12.
    .. [10] Chen, X. et al. (2023). Symbolic discovery of optimization algorithms. NeurIPS.
    .. [11] Byrd, R., Lu, P., Nocedal, J. and Zhu, C. (1995). A limited memory algorithm for
       bound constrained optimization. SIAM Journal on Scientific Computing 16.
    .. [12] Srivastava, N. et al. (2014). Dropout: a simple way to prevent neural networks
       from overfitting. JMLR 15.
    .. [13] Ioffe, S. and Szegedy, C. (2015). Batch normalization: accelerating deep network
       training by reducing internal covariate shift. ICML.
    .. [14] Glorot, X. and Bengio, Y. (2010). Understanding the difficulty of training deep
       feedforward neural networks. AISTATS.
    .. [15] He, K., Zhang, X., Ren, S. and Sun, J. (2015). Delving deep into rectifiers. ICCV.
    .. [16] Loshchilov, I. and Hutter, F. (2017). SGDR: stochastic gradient descent with warm
       restarts. ICLR.
    .. [17] Smith, L. and Topin, N. (2019). Super-convergence: very fast training of neural
       networks using large learning rates. SPIE.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skperceptron import MLPAutoencoder
    >>> X = load_digits().data / 16
    >>> model = MLPAutoencoder((64, 8, 64), batch_size=50, learning_rate_init=0.01, tol=0.01,
    ...                        random_state=0)
    >>> codes = model.fit_transform(X)
    >>> codes.shape
    (1797, 8)
    >>> model.inverse_transform(codes).shape
    (1797, 64)
    >>> round(model.score(X), 1)
    0.8
    """

    bottleneck_: int
    loss = "squared_error"  # no hyperparameter

    def fit(
        self,
        X: MatrixLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Fit to X, from the start or, with ``warm_start``, from the last call's end.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data, and what is to be reconstructed.

        y : Ignored
            There for scikit-learn's convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. The loss of a row is
            multiplied by its weight, and divided by the mean weight of all rows.

        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows to judge each epoch by. ``early_stopping`` then watches them, and holds no rows of
            X out; without it their loss is recorded only.

        sample_weight_val : array-like of shape (n_val,), default=None
            Weight of each row of ``X_val``, at least 0; None is 1 for all.

        Returns
        -------
        self : MLPAutoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(X, None, sample_weight, X_val=X_val, sample_weight_val=sample_weight_val)

    @available_if(has_epochs)
    def partial_fit(
        self, X: MatrixLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Make one pass over X, going on from the last call if there was one.

        As many calls on the same data compute what one ``fit`` of as many epochs does, bit for
        bit with the same number of BLAS threads.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data, and what is to be reconstructed.

        y : Ignored
            There for scikit-learn's convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. Divided by the mean weight of
            the first call.

        Returns
        -------
        self : MLPAutoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(X, None, sample_weight, incremental=True)

    def transform(self, X: MatrixLike) -> Array:
        """Compute the codes: what the bottleneck puts out.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            One row of as many numbers as the bottleneck has units for each row of X.
        """
        estimator = self._as_fitted()
        return estimator.hidden_activations(X, estimator.bottleneck_)

    def inverse_transform(self, X: ArrayLike) -> Array:
        """Reconstruct rows from their codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_units)
            Codes, as from ``transform``.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Reconstructions, in units of the features.
        """
        fitted = self._as_fitted()
        with error_context("X"):
            codes = check_array(
                as_numbers(X, "X"), dtype=fitted._architecture.dtype, order="C", estimator=self
            )
        n_units = fitted._n_features_out
        if codes.shape[1] != n_units:
            raise ValueError(
                f"X must be codes of {n_units} numbers, as the bottleneck has units; "
                f"got {codes.shape[1]} columns."
            )
        decoder = predictor(fitted._architecture, slice(fitted.bottleneck_ + 1, None))
        decode = fitted._targets.decode
        rows: Array = decoder(
            fitted, codes, lambda scores: check_finite(decode(scores), "X"), validated=True
        )
        return rows

    def score(
        self, X: MatrixLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> float:
        r"""Compute the share of the variance of X that the reconstructions explain.

        That is :math:`1 - \sum \lVert x - \hat x \rVert^2 / \sum \lVert x - \bar x \rVert^2`, 1 if
        they are perfect and 0 if they are no better than the mean row :math:`\bar x`. On the data
        that :class:`sklearn.decomposition.PCA` was fitted to, its ``explained_variance_ratio_``
        adds up to the same.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : Ignored
            There for scikit-learn's convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        float
            At most 1. Rows that are all alike have no variance: 1 if they are reconstructed
            exactly, else 0.
        """
        fitted = self._as_fitted()
        reconstructions = fitted._predict(X, lambda targets, scores: targets.decode(scores))
        with error_context("X"):
            X = as_numbers(X, "X")
            X = check_array(X, accept_sparse="csr", dtype=fitted._architecture.dtype)
        with error_context("sample_weight"):
            weight = check_sample_weight(sample_weight, X)
        with np.errstate(all="ignore"):
            return explained_variance(X, reconstructions, weight)

    @property
    def _n_features_out(self) -> int:
        fitted = self._as_fitted()
        return fitted._architecture.layer_units[fitted.bottleneck_ + 1]

    def _task(self) -> ReconstructionTask:
        return ReconstructionTask(self)

    def _activations(self) -> tuple[Any, ...]:
        task = self._task()
        task.check_parameters()
        return activations(self, linear=task.bottleneck)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        both = ["float64", "float32"]
        tags.transformer_tags.preserves_dtype = both if self.dtype is None else [self.dtype]
        return tags
