"""MLPAutoencoder: a network that learns its own inputs, through a bottleneck."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if

from . import _build
from ._base import BaseMLP, has_epochs
from ._compat import StrOptions, check_sample_weight
from ._core.activations import OUTPUT_ACTIVATIONS
from ._inputs import as_numbers
from ._messages import error_context
from ._parameters import CONSTRAINTS
from ._predict import check_finite, predictor
from ._targets import ReconstructionTargets


class MLPAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseMLP):
    r"""Multilayer perceptron that reconstructs its inputs from a code of few numbers.

    One of the hidden layers, the bottleneck, is narrow. What it puts out for a row is the row's
    code: ``transform`` computes it, by the layers up to the bottleneck, and ``inverse_transform``
    makes a reconstruction :math:`\hat x` of it, by the layers after. Both are trained together [1]_
    to minimise the mean of :math:`\frac12 \lVert x - \hat x \rVert^2` over rows, plus the penalty:
    this is an :class:`MLPRegressor` whose targets are its inputs. With linear layers only, the
    codes span what the first principal components span [2]_.

    With ``input_dropout`` some inputs are missing in training, while the targets are whole: a
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
        How the weights follow the gradient: 'lbfgs', 'sgd', 'adam', 'adamw', 'nadam', 'rmsprop',
        'adagrad' or 'lion', as in :class:`MLPRegressor`.

    alpha, l1_ratio : float, default=1e-4, 0.0
        Strength of the penalty on weights, and the share of the L1 norm in it.

    weight_decay : float or None, default=None
        Decoupled decay of 'adamw' and 'lion'; None is 0.01.

    dropout : float or sequence of float, default=0.0
        Probability that the output of a hidden unit is zeroed for a row during training: one
        for all hidden layers, the bottleneck included, or one for each. In [0, 1).

    input_dropout : float, default=0.0
        The same for the inputs, which are still to be reconstructed. In [0, 1).

    batch_norm : bool, default=False
        Whether to normalise the pre-activations of each hidden layer, the bottleneck included.

    max_norm : float or None, default=None
        Longest vector of incoming weights that a unit may have.

    max_norm_order : {1, 2}, default=2
        Norm that ``max_norm`` bounds.

    weight_init : str, default='auto'
        How weights are drawn: see :class:`MLPRegressor`.

    batch_size : int or 'auto', default='auto'
        Rows per step of a stochastic solver; 'auto' is ``min(200, n_samples)``.

    learning_rate : str or callable, default='constant'
        Schedule of the learning rate: see :class:`MLPRegressor`.

    learning_rate_init : float, default=0.001
        Learning rate to start from.

    power_t : float, default=0.5
        Exponent of 'invscaling'.

    warmup_epochs : int, default=0
        Epochs in which the rate rises to that of the schedule.

    learning_rate_decay : float, default=0.95
        Factor of 'exponential' and 'step'.

    learning_rate_step : int, default=10
        Epochs between the decays of 'step'.

    learning_rate_min : float, default=0.0
        Rate that 'linear' and 'cosine' end at.

    schedule_epochs : int or None, default=None
        Epochs until 'linear', 'cosine' and 'one_cycle' end; None is ``max_iter``.

    clip_norm : float or None, default=None
        Longest gradient of all parameters together.

    max_iter : int, default=200
        Most epochs (passes over the data), or iterations of 'lbfgs', in one call of ``fit``.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the validation split, the shuffles and the dropout
        masks. Pass an int for the same result at every call.

    tol : float or None, default=1e-4
        Smallest decrease of the loss that counts as an improvement. At least 0. With None training
        never stops early, and no ``ConvergenceWarning`` is given.

    verbose : bool or int, default=False
        Whether to print the loss, and the validation score, of each epoch; 2 prints more.

    warm_start : bool, default=False
        Whether ``fit`` goes on from where the last call ended, as one longer call would have.
        'lbfgs' goes on from the weights only, and takes another path. The first ``fit`` starts
        from ``coefs_`` and ``intercepts_`` if they are set before it.

    momentum : float, default=0.9
        Momentum of 'sgd'.

    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.

    early_stopping : bool, default=False
        Whether to hold rows out, to stop by how well they are reconstructed, and to keep the
        weights of the best epoch. With ``X_val`` in ``fit`` that is watched instead.

    validation_fraction : float, default=0.1
        Share of the rows that ``early_stopping`` holds out.

    scoring : 'loss', callable or None, default=None
        What ``early_stopping`` watches: None is what ``score`` computes, 'loss' the loss on the
        held-out rows, else a function of an estimator, X and y, of which y is X again.

    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the running means of the gradient and its square.

    epsilon : float, default=1e-8
        Keeps the steps of the solvers that divide by root mean squares finite.

    n_iter_no_change : int or inf, default=10
        Patience: training stops after more than this many epochs in a row without an
        improvement by ``tol``. Epochs in which the learning rate still rises (``warmup_epochs``,
        'one_cycle') are not counted.

    max_fun : int, default=15000
        Most evaluations of the objective by 'lbfgs' in one call of ``fit``.

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
        Number of units of the output layer, which is that of the features.

    out_activation_ : str
        Same as ``output_activation``.

    n_iter_ : int
        Epochs of the last call of ``fit`` or ``partial_fit``; 0 if 'lbfgs' had nothing to do.

    t_ : int
        Rows shown since the first call, or since ``drop_training_state`` and the next one.

    loss_, best_loss_ : float or None
        Objective of the last epoch, and the lowest; the latter is None where a score is watched.

    loss_curve_, learning_rate_curve_ : list of float or None
        Objective and learning rate of each epoch since the first call; there are no learning
        rates with 'lbfgs'.

    validation_loss_curve_, validation_scores_ : list of float or None
        Loss, without penalty, of the held-out rows or ``X_val`` after each epoch, and their score
        under ``early_stopping``.

    best_validation_score_ : float or None
        Highest of ``validation_scores_``.

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

    _parameter_constraints = CONSTRAINTS | {
        "bottleneck": [Integral, None],
        "output_activation": [StrOptions(set(OUTPUT_ACTIVATIONS) - {"softmax"})],
        # Scorers with a name compare with what predict returns.
        "scoring": [StrOptions({"loss"}), callable, None],
    }
    loss = "squared_error"  # no hyperparameter

    def __init__(
        self,
        hidden_layer_sizes=(64, 2, 64),
        activation="relu",
        *,
        bottleneck=None,
        output_activation="identity",
        solver="adam",
        alpha=0.0001,
        l1_ratio=0.0,
        weight_decay=None,
        dropout=0.0,
        input_dropout=0.0,
        batch_norm=False,
        max_norm=None,
        max_norm_order=2,
        weight_init="auto",
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        warmup_epochs=0,
        learning_rate_decay=0.95,
        learning_rate_step=10,
        learning_rate_min=0.0,
        schedule_epochs=None,
        clip_norm=None,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        scoring=None,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        dtype=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.bottleneck = bottleneck
        self.output_activation = output_activation
        self.solver = solver
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.batch_norm = batch_norm
        self.max_norm = max_norm
        self.max_norm_order = max_norm_order
        self.weight_init = weight_init
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.warmup_epochs = warmup_epochs
        self.learning_rate_decay = learning_rate_decay
        self.learning_rate_step = learning_rate_step
        self.learning_rate_min = learning_rate_min
        self.schedule_epochs = schedule_epochs
        self.clip_norm = clip_norm
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dtype = dtype

    def fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None):
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
            Data of your own to judge each epoch by. ``early_stopping`` then watches them, and
            holds no rows of X out; without it their loss is recorded only.

        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

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
        return self._fit(X, X, sample_weight, X_val=X_val, sample_weight_val=sample_weight_val)

    @available_if(has_epochs)
    def partial_fit(self, X, y=None, sample_weight=None):
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
        return self._fit(X, X, sample_weight, incremental=True)

    def transform(self, X):
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

    def inverse_transform(self, X):
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
        return decoder(
            fitted, codes, lambda scores: check_finite(decode(scores), "X"), validated=True
        )

    def score(self, X, y=None, sample_weight=None):
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
            return self._metric(X, reconstructions, weight)

    @property
    def _n_features_out(self):
        fitted = self._as_fitted()
        return fitted._architecture.layer_units[fitted.bottleneck_ + 1]

    def _check_parameters(self, incremental):
        super()._check_parameters(incremental)
        self._check_bottleneck()

    def _check_bottleneck(self):
        n_hidden = len(_build.hidden_layer_sizes(self))
        if n_hidden == 0:
            raise ValueError(
                "hidden_layer_sizes must have a hidden layer for the codes to come from, got "
                f"{self.hidden_layer_sizes!r}."
            )
        if self.bottleneck is not None and not -n_hidden <= self.bottleneck < n_hidden:
            raise ValueError(
                f"bottleneck={self.bottleneck} is not one of the {n_hidden} hidden layers."
            )

    def _validate_arrays(self, X, y, X_name, y_name, *, dtype, reset):
        X = self._validate_inputs(X, X_name, dtype=dtype, reset=reset)
        return X, X  # what is to come out is what goes in

    def _validate_held_out(self, X_val, y_val, sample_weight_val, data, targets):
        if X_val is None and sample_weight_val is not None:
            raise ValueError("sample_weight_val must be given with X_val only.")
        return super()._validate_held_out(X_val, X_val, sample_weight_val, data, targets)

    def _choose_targets(self, data, classes, resume, incremental):
        self.bottleneck_ = self._find_bottleneck()
        return ReconstructionTargets(data.X.shape[1], self.output_activation), data

    def _targets_of_weights(self, n_features, n_outputs):
        self._check_bottleneck()
        self.bottleneck_ = self._find_bottleneck()
        return ReconstructionTargets(n_features, self.output_activation)

    def _check_targets(self, y, targets, dtype, *, name):
        return y

    def _find_bottleneck(self):
        sizes = _build.hidden_layer_sizes(self)
        return sizes.index(min(sizes)) if self.bottleneck is None else self.bottleneck % len(sizes)

    def _activations(self):
        return _build.activations(self, linear=self._find_bottleneck())

    def _link(self, targets):
        return targets.output_activation

    def _loss(self, link):
        return _build.regression_loss(self, link)

    _smoothing = 0.0
    _fewest_rows_scored = 2

    @staticmethod
    def _metric(X, reconstructions, sample_weight):
        X = X.toarray() if issparse(X) else X
        # Powers of 2 change no digit, and the squares of huge numbers would overflow.
        exponent = np.frexp(max(np.abs(X).max(), np.abs(reconstructions).max()))[1]
        X, reconstructions = np.ldexp(X, -exponent), np.ldexp(reconstructions, -exponent)
        weight = np.ones(len(X)) if sample_weight is None else sample_weight.astype(np.float64)
        mean = weight @ X / weight.sum()
        error, spread = (
            weight @ ((X - centre) ** 2).sum(axis=1) for centre in (reconstructions, mean)
        )
        return float(1 - error / spread) if spread > 0 else float(error == 0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        both = ["float64", "float32"]
        tags.transformer_tags.preserves_dtype = both if self.dtype is None else [self.dtype]
        return tags
