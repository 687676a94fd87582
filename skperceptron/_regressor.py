"""MLPRegressor: its signature, its constraints, and what it predicts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn import neural_network
from sklearn.base import RegressorMixin

from ._base import BaseMLP, has_epochs
from ._compat import available_if
from ._convert import from_sklearn, to_sklearn
from ._importances import feature_importances
from ._parameters import RegressorParameters, with_parameters
from ._tasks import RegressionTask
from ._types import Array, ArrayLike, MatrixLike


@with_parameters
class MLPRegressor(RegressorMixin, RegressorParameters, BaseMLP):
    r"""Regressor with a multilayer perceptron: scikit-learn's, with more options.

    Use this regressor where a linear model underfits a matrix of scaled numbers, with one or
    several targets. Predictions are means, medians or quantiles, depending on ``loss``. For tables
    with categories or missing values use :class:`skperceptron.tabular.TabularMLPRegressor`.

    The outputs of a row :math:`x` are computed layer by layer: :math:`a_0 = x` and
    :math:`a_l = f(a_{l-1} W_l + b_l)`, where the last layer has the output activation
    instead of :math:`f`. Weights and intercepts are trained by backpropagation [1]_ to minimise the
    mean loss plus a penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units of each hidden layer. More units or more layers fit more complicated
        functions, overfit more easily and take longer. Usual are 1 to 3 layers of 10 to 500 units.
        An empty sequence, ``()``, is the linear model.

    activation : str, object, or sequence of them, default='relu'
        Activation of the hidden units: one for all hidden layers, or one for each. 'relu' is the
        usual choice. 'gelu', 'silu' and 'mish' are smooth, and 'identity' makes a layer linear.
        With pre-activation :math:`z`, logistic function :math:`\sigma`, and standard normal
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

        You can also pass an object with three members. ``forward(z)`` replaces z by :math:`f(z)`.
        ``saves`` is 'output' or 'input', and says what ``backward`` needs. ``backward(saved,
        delta)`` multiplies ``delta`` by :math:`f'(z)`, where ``saved`` is the output or the input
        of the activation. All arrays have shape (n, n_units), and are changed in place.

    solver : str, default='adam'
        Optimisation algorithm. 'adam' suits most data. 'sgd' needs a learning rate that is tuned.
        'lbfgs' often converges faster on fewer than a few thousand rows. With weights
        :math:`w`, gradient :math:`g` and learning rate :math:`\eta`, :math:`m` and :math:`v` are
        running means of :math:`g` and :math:`g^2`, and :math:`\hat m` and :math:`\hat v` are the
        same means without their bias towards 0:

        - 'sgd': :math:`u \leftarrow \mu u - \eta g`, then :math:`w \leftarrow w + u`, or
          with Nesterov's momentum :math:`w \leftarrow w + \mu u - \eta g` [3]_;
        - 'adam': :math:`w \leftarrow w - \eta_t m / (\sqrt v + \epsilon)`, where
          :math:`\eta_t = \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)` [4]_;
        - 'adamw': :math:`w \leftarrow (1 - \eta \lambda) w - \eta \hat m / (\sqrt{\hat v} +
          \epsilon)`, where :math:`\lambda` is ``weight_decay`` [7]_;
        - 'nadam': Adam with Nesterov's momentum, :math:`w \leftarrow w - \eta (c_1 m + c_2 g) /
          (\sqrt{\hat v} + \epsilon)`, where :math:`c_1 = \mu_{t+1} / (1 - \mu_1 \cdots \mu_{t+1})`,
          :math:`c_2 = (1 - \mu_t) / (1 - \mu_1 \cdots \mu_t)` and
          :math:`\mu_t = \beta_1 (1 - 0.96^{t/250} / 2)` [8]_;
        - 'rmsprop': :math:`w \leftarrow w - \eta g / (\sqrt v + \epsilon)` [9]_;
        - 'adagrad': the same with :math:`v` the sum of all :math:`g^2` [10]_;
        - 'lion': :math:`w \leftarrow (1 - \eta \lambda) w - \eta\, \mathrm{sign}(\beta_1 m +
          (1 - \beta_1) g)`, and :math:`m` decays by :math:`\beta_2` [11]_. It needs a
          learning rate 3 to 10 times smaller than Adam's;
        - 'lbfgs': the quasi-Newton method L-BFGS on all rows at once [6]_, for small data. It
          has no learning rate and no epochs, and ``tol`` bounds the largest gradient.

    loss : str or object, default='squared_error'
        Function that training minimises. 'squared_error' predicts the mean, 'absolute_error' the
        median, 'huber' and 'log_cosh' are less sensitive to outliers, and 'poisson' and 'gamma'
        suit counts and positive amounts. With prediction :math:`\hat y`, target :math:`y` and
        :math:`r = y - \hat y`, the loss of a row is the sum over its outputs of:

        - 'squared_error': :math:`r^2 / 2` [2]_;
        - 'absolute_error': :math:`|r|`;
        - 'huber': :math:`r^2 / 2` where :math:`|r| \le \epsilon`, else
          :math:`\epsilon |r| - \epsilon^2 / 2`, with ``huber_epsilon`` in units of y [12]_;
        - 'quantile': :math:`q\, r` where :math:`r > 0`, else :math:`(q - 1)\, r` [13]_;
        - 'log_cosh': :math:`\log \cosh r`;
        - 'poisson': :math:`y \log (y / \hat y) - y + \hat y`, half the deviance; y at least 0;
        - 'gamma': :math:`y / \hat y - \log (y / \hat y) - 1`, half the deviance; y above 0.

        You can also pass an object with a method ``values_and_gradient(predictions, y)`` that
        returns the loss of each row, of shape (n,), and replaces ``predictions``, of shape
        (n, n_outputs), by the gradient.

    alpha : float, default=1e-4
        Strength of the penalty :math:`\alpha (\rho \lVert W \rVert_1 + \frac{1 - \rho}{2} \lVert W
        \rVert^2)`, where :math:`\rho` is ``l1_ratio``. A larger value gives smaller weights and
        less overfitting, and underfits if it is too large. Usual values are 1e-6 to 10, tried on a
        logarithmic scale. The penalty is added to the sum of the losses of a batch, before the sum
        is divided by the number of rows (and by the mean sample weight). Intercepts are not
        penalised. At least 0.

    l1_ratio : float, default=0.0
        Share of the L1 norm in the penalty: 0 is the L2 penalty, 1 is the L1 penalty. A larger
        value makes more weights exactly 0. The L1 part is applied after each step as a soft
        threshold, with the step length of each weight. In [0, 1].

    weight_decay : float or None, default=None
        Decoupled weight decay of 'adamw' and 'lion': each step multiplies the weights by ``1 -
        learning_rate * weight_decay``, apart from the gradient. None is 0.01. A larger value gives
        smaller weights and less overfitting. Usual values are 1e-4 to 0.1 for 'adamw', and 3 to 10
        times as much for 'lion', whose learning rate is smaller. Intercepts do not decay. At least
        0.

    dropout : float or sequence of float, default=0.0
        Probability that the output of a hidden unit is set to 0 for a row during training [5]_.
        Other outputs are divided by ``1 - dropout``, and prediction uses all units. A larger value
        reduces overfitting and slows learning down. Usual values are 0.1 to 0.5. One value for all
        hidden layers, or one for each. In [0, 1).

    input_dropout : float, default=0.0
        Probability that an input is set to 0 for a row during training. The inputs that are kept
        are divided by ``1 - input_dropout``. A larger value makes the network rely on more of the
        features. Usual values are 0.0 to 0.2. In [0, 1).

    batch_norm : bool, default=False
        Whether to normalise the pre-activations of each hidden unit by their mean and variance in
        the batch, before a trained scale and shift [14]_. Batch normalisation makes deep networks
        easier to train and allows larger learning rates. Batches of fewer than about 16 rows make
        its statistics noisy. Rows count by their weights. Prediction uses running statistics, which
        move by a tenth towards the statistics of each batch. A batch of one row, whatever its
        weight, uses the running statistics too.

    max_norm : float or None, default=None
        Maximum norm of the vector of incoming weights of a unit. After each step, a vector that is
        longer is replaced by the nearest vector of this norm [5]_. A smaller value constrains the
        network more. Usual values are 1 to 5, often together with dropout. None means no limit.
        Greater than 0.

    max_norm_order : {1, 2}, default=2
        Norm that ``max_norm`` limits: 1 is the sum of absolute values, 2 the Euclidean length. With
        1, the projection makes some weights exactly 0.

    output_activation : {'auto', 'identity', 'exp', 'softplus', 'logistic'}, default='auto'
        Function that turns the scores of the last layer into predictions, and so limits their
        range: 'exp' and 'softplus' give positive numbers, 'logistic' gives numbers in (0, 1), and
        'identity' gives any number. 'auto' is 'exp' for the losses 'poisson' and 'gamma', which
        accept 'softplus' as well, and 'identity' for the other losses.

    huber_epsilon : float, default=1.35
        Absolute residual, in units of y, from which on the loss 'huber' is linear. A smaller value
        gives outliers less influence. Greater than 0.

    quantile : float, default=0.5
        Quantile :math:`q` that the loss 'quantile' predicts: 0.5 is the median, 0.9 is exceeded by
        10 % of the targets. In (0, 1).

    weight_init : str, default='auto'
        How the initial weights are drawn. 'auto' does what scikit-learn does: 'glorot_uniform',
        with a smaller factor for logistic units, and intercepts that are drawn too. With every
        other value intercepts are 0, and weights have mean 0 and the variance given here. The He
        initialisations suit 'relu' and similar activations, the LeCun initialisations suit 'selu':

        - 'glorot_uniform', 'glorot_normal': 2 / (fan_in + fan_out) [15]_;
        - 'he_uniform', 'he_normal': 2 / fan_in [16]_;
        - 'lecun_uniform', 'lecun_normal': 1 / fan_in;
        - 'orthogonal': orthogonal rows or columns of length 1;
        - 'zeros': 0, for the linear model.

    init : estimator, tuple or None, default=None
        Weights that training starts from in the first layers, in the spirit of ``coef_init`` and
        ``warm_start``. A fitted :class:`MLPAutoencoder` gives its encoder, up to the bottleneck.
        A fitted :class:`MLPClassifier` or :class:`MLPRegressor` gives its hidden layers.
        ``hidden_layer_sizes`` and ``activation`` must begin as in that network, and ``batch_norm``
        must be the same. If both networks are fitted to columns with names, the names must be the
        same too. A tuple ``(coefs, intercepts)`` of two lists of arrays, as ``coefs_`` and
        ``intercepts_`` hold them, gives the first layers, or all. The layers above are drawn, as
        without ``init``. All clones share the fitted network. A call that continues an earlier one,
        and a first call with ``coefs_`` set before, ignore ``init``.

    n_frozen_layers : int, default=0
        Number of hidden layers, counted from the inputs, whose parameters training does not change.
        Frozen layers compute what they compute at prediction: without dropout, ``input_dropout``
        included, and with the running statistics of batch normalisation. Penalties, weight decay
        and ``max_norm`` act on the other layers only, and ``loss_`` counts the penalty of those.
        The outputs of the frozen layers are computed once per call for all rows and are kept in
        memory, so training is faster. The number may change before a warm start. At least 0, and at
        most the number of hidden layers.

    batch_size : int or 'auto', default='auto'
        Number of rows in each step of a stochastic solver. Smaller batches make more steps per
        epoch with noisier gradients, larger batches make an epoch faster. Usual values are 16 to
        512. 'auto' is ``min(200, n_samples)``.

    learning_rate : str or callable, default='constant'
        Schedule of the learning rate, for every stochastic solver. A schedule that decreases the
        rate makes large steps first and small steps at the end:

        - 'constant': ``learning_rate_init`` in every epoch;
        - 'invscaling': ``learning_rate_init / (1 + t) ** power_t``, where t is the number of rows
          seen in earlier epochs for 'sgd', and the number of earlier epochs for every other solver;
        - 'adaptive': ``learning_rate_init``, divided by 5 each time that patience runs out (see
          ``n_iter_no_change``), until the rate is 1e-6 or less;
        - 'exponential': multiplied by ``learning_rate_decay`` after each epoch;
        - 'step': multiplied by ``learning_rate_decay`` every ``learning_rate_step`` epochs;
        - 'linear', 'cosine': from ``learning_rate_init`` to ``learning_rate_min`` in
          ``schedule_epochs`` epochs, along a line or half a cosine [17]_;
        - 'one_cycle': from ``learning_rate_init / 25`` up to ``learning_rate_init`` in the first 30
          % of ``schedule_epochs``, then down to ``learning_rate_init / 10000``, along half cosines
          [18]_;
        - a function of the position in epochs, fractions included, that returns the rate.

    learning_rate_init : float, default=0.001
        Learning rate that the schedule starts from, or the highest rate of 'one_cycle'. A rate that
        is too low makes training slow, a rate that is too high makes the loss jump or diverge.
        Usual values are 1e-4 to 0.01 for 'adam' and the other adaptive solvers, and 0.01 to 0.1 for
        'sgd' with momentum. Greater than 0.

    power_t : float, default=0.5
        Exponent of the schedule 'invscaling'. A larger value makes the learning rate fall faster.
        At least 0.

    warmup_epochs : int, default=0
        Number n of epochs at the start in which the learning rate of any schedule rises linearly,
        batch by batch, from 1 / (n + 1) of its value to its full value. A warm-up helps where
        training diverges in the first epochs. Usual values are 0 to 10.

    learning_rate_decay : float, default=0.95
        Factor that multiplies the learning rate in the schedules 'exponential' and 'step'. A
        smaller value makes the rate fall faster. Usual values are 0.9 to 0.99 for 'exponential',
        and 0.1 to 0.5 for 'step'. In (0, 1].

    learning_rate_step : int, default=10
        Number of epochs between two decays of the schedule 'step'.

    learning_rate_min : float, default=0.0
        Learning rate at the end of the schedules 'linear' and 'cosine'. At least 0.

    schedule_epochs : int or None, default=None
        Number of epochs in which the schedules 'linear', 'cosine' and 'one_cycle' complete. The
        learning rate keeps its last value afterwards. None is ``max_iter``. Set it when you train
        by ``partial_fit`` or by warm starts, where ``max_iter`` is not the total number of epochs.

    clip_norm : float or None, default=None
        Maximum Euclidean norm of the gradient of all parameters together: a gradient that is longer
        is scaled down to this norm. Clipping prevents very large steps where the loss has outliers
        or training diverges. Usual values are 0.5 to 10. None means no limit. Greater than 0.

    max_iter : int, default=200
        Maximum number of epochs (passes over the data), or of iterations of 'lbfgs', in one call of
        ``fit``. Training stops earlier where the loss does not improve any more (see ``tol``).

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation split, the order of the rows in each epoch,
        and the units that dropout sets to 0. Pass an int for the same result at every call.

    tol : float or None, default=1e-4
        Smallest decrease of the loss, or increase of the watched score, that counts as an
        improvement. A larger value stops training earlier (see ``n_iter_no_change``). 'lbfgs' stops
        when no entry of the gradient is larger than ``tol`` in absolute value. With None training
        never stops early, and there is no ``ConvergenceWarning``. At least 0.

    verbose : bool or int, default=False
        Whether to print the loss, and the validation score, of each epoch. 2 also prints the
        learning rate, the penalty, the mean norm of the gradients, the validation loss, and the
        time since the start of the call.

    warm_start : bool, default=False
        Whether ``fit`` continues from the end of the last call, and computes what one longer call
        would have computed. 'lbfgs' continues from the weights only, and takes a different path
        than one longer call. The first ``fit`` starts from ``coefs_`` and ``intercepts_`` if you
        set them before.

    momentum : float, default=0.9
        Momentum :math:`\mu` of 'sgd': the share of the last step that is added to the next one. A
        larger value makes steps longer and smoother. Usual values are 0.8 to 0.99. In [0, 1].

    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum instead of classical momentum.

    early_stopping : bool, default=False
        Whether to hold rows out, to stop training when the score on these rows does not improve any
        more, and to keep the weights of the best epoch. Early stopping reduces overfitting where
        there are enough rows to hold some out. With ``X_val`` in ``fit`` no row is held out, and
        ``X_val`` is watched. The split is drawn once: a warm start holds out the same rows. If the
        data are too small to split, the training loss is watched, with a warning.

    validation_fraction : float, default=0.1
        Fraction of the rows that ``early_stopping`` holds out. A larger value makes the validation
        score less noisy, and leaves fewer rows to train on. In [0, 1).

    scoring : str, callable or None, default=None
        What ``early_stopping`` watches on the validation rows. None is R² if the mean minimises the
        loss ('squared_error', 'poisson', 'gamma'), and the loss otherwise. 'loss' is the loss.
        Other values are the name of a scorer, or a function ``scorer(estimator, X, y)``. The
        function gets arrays, and sample weights if it has an argument ``sample_weight``. The
        untrained network is scored once before training: a scoring that raises an error, or has no
        value on these rows, is refused.

    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the running means of the gradient and of its square, for the solvers that have them
        ('rmsprop' has the second only). A larger value averages over more steps. The defaults suit
        most data. In [0, 1).

    epsilon : float, default=1e-8
        Small number that is added to the denominator in the steps of the solvers that divide by the
        root of mean squares, so that the steps stay finite. Greater than 0.

    n_iter_no_change : int or inf, default=10
        Patience: training stops after more than this many epochs in a row without an improvement by
        ``tol``. A larger value trains longer, and is less easily stopped by noise. Epochs in which
        the learning rate still rises (``warmup_epochs``, 'one_cycle') are not counted.

    max_fun : int, default=15000
        Maximum number of evaluations of the objective by 'lbfgs' in one call of ``fit``.

    dtype : {'float32', 'float64'} or None, default=None
        Precision of the weights and of the arithmetic. 'float32' takes half the memory of 'float64'
        and is usually faster. None is the precision of X if X is floating point, and float64
        otherwise.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.

    intercepts_ : list of ndarray of shape (fan_out,)
        Intercepts of each layer.

    batch_norm_scale_, batch_norm_shift_ : list of ndarray of shape (n_units,) or None
        Trained scale and shift of each hidden layer; None without ``batch_norm``.

    batch_norm_mean_, batch_norm_variance_ : list of ndarray of shape (n_units,) or None
        Running mean and variance of the pre-activations of each hidden layer; None without
        ``batch_norm``.

    n_features_in_ : int
        Number of features seen during fit.

    feature_importances_ : ndarray of shape (n_features,)
        Importances of the features, which add up to 1, for feature selection. The importance of a
        feature is the mean absolute gradient of the scores with respect to the feature, at rows of
        standard normal numbers. The importances depend on the weights alone, and compare features
        that have been standardised.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, defined only if X has names that are all strings.

    n_layers_ : int
        Number of layers, counting the inputs and the output layer.

    n_outputs_ : int
        Number of units of the output layer.

    out_activation_ : str
        Activation of the output layer: the value of ``output_activation``, with 'auto' resolved.

    n_iter_ : int
        Number of epochs of the last call of ``fit`` or ``partial_fit``, or of iterations of
        'lbfgs'; 0 if 'lbfgs' started at a minimum.

    t_ : int
        Number of rows that training has seen since the first call, or since
        ``drop_training_state``: epochs times training rows.

    loss_ : float
        Objective of the last epoch: loss plus penalty, averaged over the batches at the weights of
        each step.

    loss_curve_ : list of float
        ``loss_`` of each epoch since the first call, or since ``drop_training_state``, which
        empties this and the other curves. A call of 'lbfgs' that needs no iteration adds one value.

    best_loss_ : float or None
        Lowest value of ``loss_curve_``, counted anew if you edit the weights. None if early
        stopping watches a score instead, or before there is a loss.

    learning_rate_curve_ : list of float or None
        Learning rate of the last step of each epoch; None for 'lbfgs'.

    validation_loss_curve_ : list of float or None
        Mean loss, without penalty, on the held-out rows or ``X_val`` after each epoch; None without
        such rows.

    validation_scores_ : list of float or None
        Value of ``scoring`` on the held-out rows or ``X_val`` after each epoch; with 'loss' the
        negative loss. None without ``early_stopping``.

    best_validation_score_ : float or None
        Highest value of ``validation_scores_``, counted anew if you edit the weights. None without
        ``early_stopping``, or if no score is a number.

    See Also
    --------
    MLPClassifier : The same network with classes as targets.

    Notes
    -----
    With parameters that :class:`sklearn.neural_network.MLPRegressor` has too, weights and
    predictions agree with scikit-learn's, except for the differences that the user guide lists. One
    of them: the loss of several outputs is the sum over outputs, and scikit-learn reports the mean.
    The first two parameters may be positional, and are the same as the classifier's.

    Scale the features, for example with :class:`sklearn.preprocessing.StandardScaler`. The loss and
    the default learning rate suit targets with a standard deviation of about 1: for other targets,
    wrap the regressor in :class:`sklearn.compose.TransformedTargetRegressor`.

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
    .. [9] Tieleman, T. and Hinton, G. (2012). Lecture 6.5 of Neural networks for machine
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
        """Train on X and y, from the start or, with ``warm_start``, from the end of the last call.

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
            Rows on which the loss is computed after each epoch, in ``validation_loss_curve_``.
            With ``early_stopping`` these rows are watched, and no rows of X are held out.

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
        """Train one epoch on X and y, continuing from the last call if there was one.

        Use this method for data that arrive in parts or do not fit into memory. n calls on the same
        data compute the same as one ``fit`` of n epochs, bit for bit with the same number of BLAS
        threads. ``partial_fit`` does not exist with ``solver='lbfgs'``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Real-valued targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. The loss of a row is multiplied by
            its weight, and divided by the mean weight of the first call.

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
            Weight of each row; None is 1 for all.

        Returns
        -------
        float
            1 for perfect predictions, 0 for the mean of y. With several outputs, the mean of their
            R². -inf where squared errors overflow.
        """
        with np.errstate(all="ignore"):
            return float(super().score(X, y, sample_weight))

    @property
    def feature_importances_(self) -> Array:
        """Importances of the features, which add up to 1, for feature selection.

        The importance of a feature is the mean absolute gradient of the scores with respect to the
        feature, at rows of standard normal numbers. The importances depend on the weights alone,
        and compare features that have been standardised.
        """
        return feature_importances(self)

    def to_sklearn(self) -> Any:
        """Convert to scikit-learn's own MLPRegressor.

        Returns
        -------
        sklearn.neural_network.MLPRegressor
            A fitted estimator with copies of the weights, and so with the same predictions.
            Hyperparameters that scikit-learn's class does not have, such as dropout,
            are left out: predictions do not depend on them.
        """
        return to_sklearn(self)

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Convert from scikit-learn's own MLPRegressor.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPRegressor
            A fitted estimator.

        Returns
        -------
        MLPRegressor
            A fitted estimator, with copies of the weights, the optimizer's moments and the position
            in training, so that ``partial_fit`` and warm starts continue from there.

        Raises
        ------
        TypeError
            If ``estimator`` is not of scikit-learn's class.
        """
        converted: Self = from_sklearn(cls, estimator)
        return converted

    def _task(self) -> RegressionTask:
        return RegressionTask(self)
