"""MLPRegressor: its signature, its constraints, and what it predicts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn import neural_network
from sklearn.base import RegressorMixin

from ._base import BaseMLP, has_epochs
from ._compat import available_if
from ._convert import from_sklearn, to_sklearn
from ._parameters import RegressorParameters, with_parameters
from ._tasks import RegressionTask
from ._types import Array, ArrayLike, MatrixLike


@with_parameters
class MLPRegressor(RegressorMixin, RegressorParameters, BaseMLP):
    r"""Multilayer perceptron for regression.

    For features that are numbers: scale them first, for example by
    :class:`sklearn.preprocessing.StandardScaler`, and scale y too, for example by
    :class:`sklearn.compose.TransformedTargetRegressor`. For tables with categories and missing
    values see :class:`skperceptron.tabular.TabularMLPRegressor`, which scales both by itself. The
    parameters of :class:`sklearn.neural_network.MLPRegressor` are there, with the same defaults and
    the same results.

    The network computes outputs layer by layer, :math:`a_0 = x`,
    :math:`a_l = f(a_{l-1} W_l + b_l)`, the last layer without activation. Backpropagation [1]_
    trains the weights to minimise the mean loss plus the penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units of each hidden layer. May be empty: ``()`` is the linear model.

    activation : str, object, or sequence of them, default='relu'
        Activation of the hidden units: one for all hidden layers, or one for each. With
        pre-activation :math:`z`, logistic function :math:`\sigma`, and standard normal
        distribution function :math:`\Phi`:

        - 'identity': :math:`z`;
        - 'logistic' (also called 'sigmoid'): :math:`\sigma(z) = 1 / (1 + e^{-z})`;
        - 'tanh': :math:`\tanh z`;
        - 'relu': :math:`\max(0, z)`;
        - 'leaky_relu': :math:`\max(z / 100, z)`;
        - 'elu': :math:`z` if positive, else :math:`e^z - 1`;
        - 'selu': :math:`\lambda z` if positive, else :math:`\lambda \alpha (e^z - 1)`, with
          the constants :math:`\lambda = 1.0507`, :math:`\alpha = 1.6733`;
        - 'gelu': :math:`z \Phi(z)`;
        - 'silu': :math:`z \sigma(z)`;
        - 'mish': :math:`z \tanh \log(1 + e^z)`;
        - 'softplus': :math:`\log(1 + e^z)`;
        - 'hard_tanh': :math:`\min(\max(z, -1), 1)`.

        An object of your own has three members. ``forward(z)`` replaces z by :math:`f(z)`.
        ``saves`` is 'output' or 'input', and ``backward(saved, delta)``, where ``saved`` is that
        output or input, multiplies ``delta`` by :math:`f'(z)`. All arrays are (n, n_units), and
        are changed in place.

    solver : str, default='adam'
        How the weights :math:`w` follow the gradient :math:`g` at learning rate :math:`\eta`.
        :math:`m` and :math:`v` are running means of :math:`g` and :math:`g^2`, and
        :math:`\hat m`, :math:`\hat v` the same without their bias towards 0:

        - 'sgd': :math:`u \leftarrow \mu u - \eta g`, then :math:`w \leftarrow w + u`, or
          with Nesterov's momentum :math:`w \leftarrow w + \mu u - \eta g` [3]_;
        - 'adam': :math:`w \leftarrow w - \eta_t m / (\sqrt v + \epsilon)`, where
          :math:`\eta_t = \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)` [4]_;
        - 'adamw': :math:`w \leftarrow (1 - \eta \lambda) w - \eta \hat m / (\sqrt{\hat v} +
          \epsilon)`, where :math:`\lambda` is ``weight_decay`` [7]_;
        - 'nadam': Adam with Nesterov's momentum, :math:`w \leftarrow w - \eta (\mu_{t+1} m /
          (1 - \mu_1 \cdots \mu_{t+1}) + (1 - \mu_t) g / (1 - \mu_1 \cdots \mu_t)) /
          (\sqrt{\hat v} + \epsilon)`, where :math:`\mu_t = \beta_1 (1 - 0.96^{t/250} / 2)`
          [8]_;
        - 'rmsprop': :math:`w \leftarrow w - \eta g / (\sqrt v + \epsilon)` [9]_;
        - 'adagrad': the same with :math:`v` the sum of all :math:`g^2` [10]_;
        - 'lion': :math:`w \leftarrow (1 - \eta \lambda) w - \eta\, \mathrm{sign}(\beta_1 m +
          (1 - \beta_1) g)`, and :math:`m` decays by :math:`\beta_2` [11]_. It needs a
          learning rate three to ten times smaller than Adam's;
        - 'lbfgs': the quasi-Newton method L-BFGS on all rows at once [6]_, for small data. It
          has no learning rate and no epochs, and ``tol`` bounds the largest gradient.

    loss : str or object, default='squared_error'
        With prediction :math:`\hat y`, target :math:`y` and :math:`r = y - \hat y`, a row loses
        the sum over its outputs of:

        - 'squared_error': :math:`r^2 / 2` [2]_;
        - 'absolute_error': :math:`|r|`;
        - 'huber': :math:`r^2 / 2` where :math:`|r| \le \epsilon`, else
          :math:`\epsilon |r| - \epsilon^2 / 2`, with ``huber_epsilon`` in units of y [12]_;
        - 'quantile': :math:`q\, r` where :math:`r > 0`, else :math:`(q - 1)\, r` [13]_;
        - 'log_cosh': :math:`\log \cosh r`;
        - 'poisson': :math:`y \log (y / \hat y) - y + \hat y`, half the deviance; y at least 0;
        - 'gamma': :math:`y / \hat y - \log (y / \hat y) - 1`, half the deviance; y above 0.

        An object of your own has a method ``values_and_gradient(predictions, y)`` that returns
        the loss of each row, (n,), and replaces ``predictions``, (n, n_outputs), by the gradient.

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
        the others are divided by ``1 - dropout``, and prediction uses all [5]_. One value
        for all hidden layers, or one for each. In [0, 1).

    input_dropout : float, default=0.0
        Probability that an input is zeroed for a row during training; the others are divided by
        ``1 - input_dropout``. In [0, 1).

    batch_norm : bool, default=False
        Whether to normalise each hidden pre-activation by its mean and variance in the batch,
        rows counted by their weights, before a trained scale and shift [14]_. Prediction uses
        running statistics, which move by a tenth towards those of each batch. A batch of one row,
        whatever its weight, uses the running statistics too.

    max_norm : float or None, default=None
        Maximum norm of the vector of incoming weights of a unit: after each step, a longer vector
        is moved to the nearest point within [5]_. Greater than 0.

    max_norm_order : {1, 2}, default=2
        Norm that ``max_norm`` bounds: sum of absolute values, or Euclidean length.

    output_activation : {'auto', 'identity', 'exp', 'softplus', 'logistic'}, default='auto'
        What makes predictions of the last layer's scores, and so bounds them: 'exp' and
        'softplus' to positive numbers, 'logistic' to (0, 1). 'auto' is 'exp' for 'poisson'
        and 'gamma', for which 'softplus' is the only alternative, and 'identity' otherwise.

    huber_epsilon : float, default=1.35
        Residual, in units of y, from which on 'huber' is linear. Greater than 0.

    quantile : float, default=0.5
        Quantile :math:`q` that 'quantile' predicts. In (0, 1).

    weight_init : str, default='auto'
        How weights are drawn: 'auto' is what scikit-learn does, which is 'glorot_uniform' with
        a smaller factor for logistic units, and intercepts drawn too. Otherwise intercepts
        are 0, and weights have mean 0 and a variance of

        - 'glorot_uniform', 'glorot_normal': 2 / (fan_in + fan_out) [15]_;
        - 'he_uniform', 'he_normal': 2 / fan_in [16]_;
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
          or half a cosine [17]_;
        - 'one_cycle': up from 1/25 of it in the first 30 % of ``schedule_epochs``, then down to
          1e-4 of it, along half cosines [18]_;
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

    scoring : str, callable or None, default=None
        What ``early_stopping`` watches: None is R² if the mean minimises the loss
        ('squared_error', 'poisson', 'gamma'), and the loss otherwise; 'loss' is the loss on the
        held-out rows. Otherwise it is the name of a scorer, or a function of an estimator, X and y.
        The function gets arrays, and sample weights if it has an argument ``sample_weight``. The
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
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.

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
        What ``output_activation`` came to.

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
    MLPClassifier : The same network with classes as targets.

    Notes
    -----
    With the parameters that :class:`sklearn.neural_network.MLPRegressor` has too, the numbers
    are the same as its own, but for the loss of several outputs, which here is the sum over
    outputs that the gradient belongs to. The first two parameters may be positional, and
    are the same as the classifier's.

    The loss and the default learning rate suit targets of about unit scale: where they are far
    from it, wrap the regressor in :class:`sklearn.compose.TransformedTargetRegressor`.

    References
    ----------
    .. [1] Rumelhart, D., Hinton, G. and Williams, R. (1986). Learning representations by
       back-propagating errors. Nature 323.
    .. [2] Bishop, C. (2006). Pattern Recognition and Machine Learning, section 5.2. Springer.
    .. [3] Sutskever, I., Martens, J., Dahl, G. and Hinton, G. (2013). On the importance of
       initialization and momentum in deep learning. ICML.
    .. [4] Kingma, D. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
    .. [5] Srivastava, N. et al. (2014). Dropout: a simple way to prevent neural networks
       from overfitting. JMLR 15.
    .. [6] Byrd, R., Lu, P., Nocedal, J. and Zhu, C. (1995). A limited memory algorithm for
       bound constrained optimization. SIAM Journal on Scientific Computing 16.
    .. [7] Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR.
    .. [8] Dozat, T. (2016). Incorporating Nesterov momentum into Adam. ICLR workshop.
    .. [9] Tieleman, T. and Hinton, G. (2012). TrainingData 6.5 of Neural networks for machine
       learning. Coursera.
    .. [10] Duchi, J., Hazan, E. and Singer, Y. (2011). Adaptive subgradient methods for online
       learning and stochastic optimization. JMLR 12.
    .. [11] Chen, X. et al. (2023). Symbolic discovery of optimization algorithms. NeurIPS.
    .. [12] Huber, P. (1964). Robust estimation of a location parameter. Annals of
       Mathematical Statistics 35.
    .. [13] Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46.
    .. [14] Ioffe, S. and Szegedy, C. (2015). Batch normalization: accelerating deep network
       training by reducing internal covariate shift. ICML.
    .. [15] Glorot, X. and Bengio, Y. (2010). Understanding the difficulty of training deep
       feedforward neural networks. AISTATS.
    .. [16] He, K., Zhang, X., Ren, S. and Sun, J. (2015). Delving deep into rectifiers. ICCV.
    .. [17] Loshchilov, I. and Hutter, F. (2017). SGDR: stochastic gradient descent with warm
       restarts. ICLR.
    .. [18] Smith, L. and Topin, N. (2019). Super-convergence: very fast training of neural
       networks using large learning rates. SPIE.

    Examples
    --------
    >>> import numpy as np
    >>> from skperceptron import MLPRegressor
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.sin(3 * X[:, 0])
    >>> model = MLPRegressor((50,), "tanh", learning_rate_init=0.01, batch_size=20,
    ...                      random_state=0)
    >>> round(model.fit(X, y).score(X, y), 2)
    0.99
    """

    _sklearn_class = neural_network.MLPRegressor

    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Fit to X and y, from the start or, with ``warm_start``, from the last call's end.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Real-valued targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. The loss of a row is
            multiplied by its weight, and divided by the mean weight of all rows.

        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows to judge each epoch by. ``early_stopping`` then watches them, and holds no rows of
            X out; without it their loss is recorded only.

        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of ``X_val``.

        sample_weight_val : array-like of shape (n_val,), default=None
            Weight of each row of ``X_val``, at least 0; None is 1 for all.

        Returns
        -------
        self : MLPRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(
            X,
            y,
            sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
        )

    @available_if(has_epochs)
    def partial_fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Make one pass over X and y, going on from the last call if there was one.

        As many calls on the same data compute what one ``fit`` of as many epochs does, bit for
        bit with the same number of BLAS threads.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Real-valued targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. Divided by the mean weight of
            the first call.

        Returns
        -------
        self : MLPRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: MatrixLike) -> Array:
        """Predict the targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in units of y.
        """
        predictions: Array = self._predict(X, lambda targets, scores: targets.decode(scores))
        return predictions

    def score(self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute the coefficient of determination R² of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        float
            1 at best, 0 for the mean of y; mean over the outputs. It is -inf where squared
            errors overflow.
        """
        with np.errstate(all="ignore"):
            return float(super().score(X, y, sample_weight))

    def to_sklearn(self) -> Any:
        """Convert to scikit-learn's own MLPRegressor.

        Returns
        -------
        sklearn.neural_network.MLPRegressor
            Fitted, with copies of the weights and so the same predictions. What it has no
            parameter for (dropout) is left behind; it plays no part in prediction.
        """
        return to_sklearn(self)

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Convert from scikit-learn's own MLPRegressor.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPRegressor
            Fitted.

        Returns
        -------
        MLPRegressor
            Fitted, with copies of the weights, the optimizer's moments and the position in
            training, so that ``partial_fit`` and warm starts go on from there.

        Raises
        ------
        TypeError
            If ``estimator`` is anything else.
        """
        converted: Self = from_sklearn(cls, estimator)
        return converted

    def _task(self) -> RegressionTask:
        return RegressionTask(self)
