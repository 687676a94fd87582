"""The multilayer perceptrons: signatures, constraints, and what they predict."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d

from ._base import BaseMLP, has_epochs
from ._build import natural_link
from ._compat import Interval, Options, StrOptions, is_first_partial_fit
from ._convert import from_sklearn, to_sklearn
from ._core.activations import HIDDEN_ACTIVATIONS
from ._core.losses import LOSSES
from ._core.optimizers import OPTIMIZERS
from ._core.schedules import SCHEDULES
from ._targets import (
    RegressionTargets,
    check_known_labels,
    class_weighted,
    classification_targets,
    is_multilabel,
    labels,
)

_CONSTRAINTS: dict = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(set(HIDDEN_ACTIVATIONS))],
    "solver": [StrOptions({*OPTIMIZERS, "lbfgs"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "input_dropout": [Interval(Real, 0, 1, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions(set(SCHEDULES))],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {math.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dtype": [StrOptions({"float32", "float64"}), None],
}


class MLPClassifier(ClassifierMixin, BaseMLP):
    r"""Multilayer perceptron that classifies.

    Scores are computed layer by layer, :math:`a_0 = x`,
    :math:`a_l = f(a_{l-1} W_l + b_l)`, the last layer without activation, and trained by
    backpropagation [1]_ to minimise the mean cross-entropy plus the penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units of each hidden layer. May be empty: ``()`` is the linear model.

    activation : {'identity', 'logistic', 'sigmoid', 'tanh', 'relu'}, default='relu'
        Activation of the hidden units. With pre-activation :math:`z`:

        - 'identity': :math:`z`;
        - 'logistic' (also called 'sigmoid'): :math:`1 / (1 + e^{-z})`;
        - 'tanh': :math:`\tanh z`;
        - 'relu': :math:`\max(0, z)`.

    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        How the weights :math:`w` follow the gradient :math:`g` at learning rate :math:`\eta`:

        - 'sgd': :math:`v \leftarrow \mu v - \eta g`, then :math:`w \leftarrow w + v`, or
          with Nesterov's momentum :math:`w \leftarrow w + \mu v - \eta g` [3]_;
        - 'adam': :math:`w \leftarrow w - \eta_t m / (\sqrt v + \epsilon)`, where :math:`m`
          and :math:`v` are running means of :math:`g` and :math:`g^2`, and
          :math:`\eta_t = \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)` [4]_;
        - 'lbfgs': the quasi-Newton method L-BFGS on all rows at once [6]_, for small data. It
          has no learning rate and no epochs, and ``tol`` bounds the largest gradient.

    loss : {'log_loss'}, default='log_loss'
        Cross-entropy. With scores :math:`s` and one-hot labels :math:`y`, a row loses
        :math:`\log \sum_k e^{s_k} - \sum_k y_k s_k` (softmax); for two classes and for
        multilabel targets :math:`\sum_k \log(1 + e^{s_k}) - y_k s_k` (logistic) [2]_.

    alpha : float, default=1e-4
        Strength of the L2 penalty :math:`\frac{\alpha}{2} \lVert W \rVert^2`, which is added
        to the sum of the losses of a batch before it is divided by the number of rows.
        Intercepts are not penalised. At least 0.

    dropout : float or sequence of float, default=0.0
        Probability that the output of a hidden unit is zeroed for a row during training;
        the others are divided by ``1 - dropout``, and prediction uses all [5]_. One value
        for all hidden layers, or one for each. In [0, 1).

    input_dropout : float, default=0.0
        The same for the inputs.

    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weight of each class, {label: weight}, 1 where it is absent; 'balanced' is
        ``n_samples / (n_classes * n_rows_of_the_class)``. For several labels a list with one
        dict per label. Multiplies the sample weights, and so counts like repeated rows.

    batch_size : int or 'auto', default='auto'
        Rows per step of a stochastic solver; 'auto' is ``min(200, n_samples)``.

    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate, whatever the solver:

        - 'constant': ``learning_rate_init`` throughout;
        - 'invscaling': ``learning_rate_init / (1 + t) ** power_t``, where t counts the rows
          seen in earlier epochs for 'sgd', and the epochs done for every other solver;
        - 'adaptive': divided by 5 whenever patience runs out (see ``n_iter_no_change``),
          until it is 1e-6 or less.

    learning_rate_init : float, default=0.001
        Learning rate to start from. Greater than 0.

    power_t : float, default=0.5
        Exponent of 'invscaling'. At least 0.

    max_iter : int, default=200
        Most epochs (passes over the data), or iterations of 'lbfgs', in one call of ``fit``.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the validation split, the shuffles and the dropout
        masks. Pass an int for the same result at every call.

    tol : float, default=1e-4
        Least improvement that counts as one. At least 0.

    verbose : bool or int, default=False
        Whether to print the loss, and the validation score, of each epoch.

    warm_start : bool, default=False
        Whether ``fit`` goes on from where the last call ended, with everything that is
        needed to do as one longer call would have done.

    momentum : float, default=0.9
        Momentum :math:`\mu` of 'sgd'. In [0, 1].

    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.

    early_stopping : bool, default=False
        Whether to hold rows out, to stop by their score instead of by the training loss, and
        to keep the weights of the best epoch. The split keeps the proportions
        of the classes, and is drawn once: a warm start holds the same rows out. Data too
        small to split watch the training loss, with a warning.

    validation_fraction : float, default=0.1
        Share of the rows that ``early_stopping`` holds out. In [0, 1).

    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the running means of 'adam'. In [0, 1).

    epsilon : float, default=1e-8
        Keeps the step of 'adam' finite. Greater than 0.

    n_iter_no_change : int or inf, default=10
        Patience: training stops after more than this many epochs in a row without an
        improvement by ``tol``.

    max_fun : int, default=15000
        Most evaluations of the objective by 'lbfgs' in one call of ``fit``.

    dtype : {'float32', 'float64'} or None, default=None
        Precision of weights and arithmetic; None is that of X if it is floating point, and
        float64 otherwise.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted; the label numbers for multilabel targets.

    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.

    intercepts_ : list of ndarray of shape (fan_out,)
        Intercepts of each layer.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, defined only if X has names that are all strings.

    n_layers_ : int
        Number of layers, inputs and outputs included.

    n_outputs_ : int
        Number of units of the output layer.

    out_activation_ : str
        'logistic' for two classes and for multilabel targets, else 'softmax'.

    n_iter_ : int
        Epochs of the last call of ``fit`` or ``partial_fit``.

    t_ : int
        Rows shown since the first call: epochs times training rows.

    loss_ : float
        Objective of the last epoch: mean over its batches, as they were when visited.

    loss_curve_ : list of float
        The same for each epoch since the first call.

    best_loss_ : float or None
        Lowest value of ``loss_curve_``; None where a score is watched instead.

    validation_scores_ : list of float or None
        Accuracy on the held-out rows after each epoch; None without ``early_stopping``.

    best_validation_score_ : float or None
        Highest of ``validation_scores_``.

    See Also
    --------
    MLPRegressor : The same network with real-valued targets.
    PerceptronClassifier : One layer of threshold units.

    Notes
    -----
    With the parameters that :class:`sklearn.neural_network.MLPClassifier` has too, the
    numbers are the same as its own.

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

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from skperceptron import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> model = MLPClassifier((32, 32), dropout=0.1, learning_rate_init=0.01, random_state=0)
    >>> round(model.fit(X_train, y_train).score(X_test, y_test), 2)
    0.97
    >>> model.predict_proba(X_test[:5]).shape
    (5, 3)
    """

    _parameter_constraints = _CONSTRAINTS | {
        "loss": [StrOptions({"log_loss"})],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }
    _numeric_target = False
    _metric = staticmethod(accuracy_score)

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        loss="log_loss",
        alpha=0.0001,
        dropout=0.0,
        input_dropout=0.0,
        class_weight=None,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
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
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        dtype=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.loss = loss
        self.alpha = alpha
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.class_weight = class_weight
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dtype = dtype

    def fit(self, X, y, sample_weight=None):
        """Fit to X and y, from the start or, with ``warm_start``, from the last call's end.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels of any type that sorts, or an indicator matrix of several labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. The loss of a row is
            multiplied by its weight, and divided by the mean weight of all rows.

        Returns
        -------
        self : MLPClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(X, y, sample_weight)

    @available_if(has_epochs)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Make one pass over X and y, going on from the last call if there was one.

        As many calls on the same data compute what one ``fit`` of as many epochs does.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels of any type that sorts, or an indicator matrix of several labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; None is 1 for all. Divided by the mean weight of
            the first call.

        classes : array-like of shape (n_classes,), default=None
            All the labels that any call will see. Required at the first call, optional
            after it; y need not contain them all. Ignored for an indicator matrix.

        Returns
        -------
        self : MLPClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as documented (the message names it), or if
            training diverges. The estimator is then as it was before the call.
        """
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)

    def predict(self, X):
        """Predict labels: the class of the highest score, or each label scored above 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Predicted labels, as in ``classes_``, or indicators: a CSR matrix if y was sparse.
        """
        return self._predict(X, lambda targets, scores: targets.decode(scores))

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; rows sum to 1 unless multilabel.
        """
        return self._predict(X, lambda targets, scores: targets.probabilities(scores))

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Computed from the scores: finite even where the probability underflows to 0.
        """
        return self._predict(X, lambda targets, scores: targets.log_probabilities(scores))

    def decision_function(self, X):
        """Compute the raw scores, before the output activation.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes the log-odds of the second; for one class zeros.
        """
        return self._predict(X, lambda targets, scores: targets.raw_scores(scores))

    def to_sklearn(self):
        """Convert to scikit-learn's own MLPClassifier.

        Returns
        -------
        sklearn.neural_network.MLPClassifier
            Fitted, with copies of the weights and so the same predictions. What it has no
            parameter for (dropout, class weights) is left behind; it plays no part in prediction.
        """
        return to_sklearn(self)

    @classmethod
    def from_sklearn(cls, estimator):
        """Convert from scikit-learn's own MLPClassifier.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPClassifier
            Fitted.

        Returns
        -------
        MLPClassifier
            Fitted, with copies of the weights, the optimizer's moments and the position in
            training, so that ``partial_fit`` and warm starts go on from there.

        Raises
        ------
        TypeError
            If ``estimator`` is anything else.
        """
        return from_sklearn(cls, estimator)

    def _choose_targets(self, data, classes, resume, incremental):
        y = labels(data.y)
        # An indicator matrix has a column for every label: it needs no ``classes``.
        by_class = incremental and not is_multilabel(y)
        if by_class:
            is_first_partial_fit(self, classes)
        if resume:
            targets = self._targets
            check_known_labels(targets, y, all_of_them=not incremental)
        else:
            known = self.classes_ if by_class else None
            targets = classification_targets(y, known, sparse=issparse(data.y))
            check_known_labels(targets, y, all_of_them=False)
            self.classes_ = targets.classes
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all the data, so partial_fit does not support it: "
                "pass the weights that compute_class_weight gives for the whole y."
            )
        weight = class_weighted(self.class_weight, targets, y, data.sample_weight)
        if weight is not None:
            weight = weight.astype(data.X.dtype, copy=False)
        return targets, data._replace(y=y, sample_weight=weight)

    def _describe_scale(self, y):
        return ""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, BaseMLP):
    r"""Multilayer perceptron that predicts real numbers.

    Outputs are computed layer by layer, :math:`a_0 = x`,
    :math:`a_l = f(a_{l-1} W_l + b_l)`, the last layer without activation, and trained by
    backpropagation [1]_ to minimise the mean loss plus the penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units of each hidden layer. May be empty: ``()`` is the linear model.

    activation : {'identity', 'logistic', 'sigmoid', 'tanh', 'relu'}, default='relu'
        Activation of the hidden units. With pre-activation :math:`z`:

        - 'identity': :math:`z`;
        - 'logistic' (also called 'sigmoid'): :math:`1 / (1 + e^{-z})`;
        - 'tanh': :math:`\tanh z`;
        - 'relu': :math:`\max(0, z)`.

    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        How the weights :math:`w` follow the gradient :math:`g` at learning rate :math:`\eta`:

        - 'sgd': :math:`v \leftarrow \mu v - \eta g`, then :math:`w \leftarrow w + v`, or
          with Nesterov's momentum :math:`w \leftarrow w + \mu v - \eta g` [3]_;
        - 'adam': :math:`w \leftarrow w - \eta_t m / (\sqrt v + \epsilon)`, where :math:`m`
          and :math:`v` are running means of :math:`g` and :math:`g^2`, and
          :math:`\eta_t = \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)` [4]_;
        - 'lbfgs': the quasi-Newton method L-BFGS on all rows at once [6]_, for small data. It
          has no learning rate and no epochs, and ``tol`` bounds the largest gradient.

    loss : {'squared_error', 'poisson'}, default='squared_error'
        With output :math:`s` and target :math:`y`, a row loses

        - 'squared_error': :math:`\frac12 \sum_k (s_k - y_k)^2` [2]_, in squared units of y;
        - 'poisson': half the deviance of counts,
          :math:`\sum_k y_k \log y_k - y_k s_k - y_k + e^{s_k}`. The prediction is
          :math:`e^s`, and y must be at least 0.

    alpha : float, default=1e-4
        Strength of the L2 penalty :math:`\frac{\alpha}{2} \lVert W \rVert^2`, which is added
        to the sum of the losses of a batch before it is divided by the number of rows.
        Intercepts are not penalised. At least 0.

    dropout : float or sequence of float, default=0.0
        Probability that the output of a hidden unit is zeroed for a row during training;
        the others are divided by ``1 - dropout``, and prediction uses all [5]_. One value
        for all hidden layers, or one for each. In [0, 1).

    input_dropout : float, default=0.0
        The same for the inputs.

    batch_size : int or 'auto', default='auto'
        Rows per step of a stochastic solver; 'auto' is ``min(200, n_samples)``.

    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate, whatever the solver:

        - 'constant': ``learning_rate_init`` throughout;
        - 'invscaling': ``learning_rate_init / (1 + t) ** power_t``, where t counts the rows
          seen in earlier epochs for 'sgd', and the epochs done for every other solver;
        - 'adaptive': divided by 5 whenever patience runs out (see ``n_iter_no_change``),
          until it is 1e-6 or less.

    learning_rate_init : float, default=0.001
        Learning rate to start from. Greater than 0.

    power_t : float, default=0.5
        Exponent of 'invscaling'. At least 0.

    max_iter : int, default=200
        Most epochs (passes over the data), or iterations of 'lbfgs', in one call of ``fit``.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the validation split, the shuffles and the dropout
        masks. Pass an int for the same result at every call.

    tol : float, default=1e-4
        Least improvement that counts as one. At least 0.

    verbose : bool or int, default=False
        Whether to print the loss, and the validation score, of each epoch.

    warm_start : bool, default=False
        Whether ``fit`` goes on from where the last call ended, with everything that is
        needed to do as one longer call would have done.

    momentum : float, default=0.9
        Momentum :math:`\mu` of 'sgd'. In [0, 1].

    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.

    early_stopping : bool, default=False
        Whether to hold rows out, to stop by their score instead of by the training loss, and
        to keep the weights of the best epoch. The split is drawn once: a
        warm start holds the same rows out. Data too
        small to split watch the training loss, with a warning.

    validation_fraction : float, default=0.1
        Share of the rows that ``early_stopping`` holds out. In [0, 1).

    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the running means of 'adam'. In [0, 1).

    epsilon : float, default=1e-8
        Keeps the step of 'adam' finite. Greater than 0.

    n_iter_no_change : int or inf, default=10
        Patience: training stops after more than this many epochs in a row without an
        improvement by ``tol``.

    max_fun : int, default=15000
        Most evaluations of the objective by 'lbfgs' in one call of ``fit``.

    dtype : {'float32', 'float64'} or None, default=None
        Precision of weights and arithmetic; None is that of X if it is floating point, and
        float64 otherwise.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.

    intercepts_ : list of ndarray of shape (fan_out,)
        Intercepts of each layer.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, defined only if X has names that are all strings.

    n_layers_ : int
        Number of layers, inputs and outputs included.

    n_outputs_ : int
        Number of units of the output layer.

    out_activation_ : str
        'identity', or 'exp' for the Poisson loss.

    n_iter_ : int
        Epochs of the last call of ``fit`` or ``partial_fit``.

    t_ : int
        Rows shown since the first call: epochs times training rows.

    loss_ : float
        Objective of the last epoch: mean over its batches, as they were when visited.

    loss_curve_ : list of float
        The same for each epoch since the first call.

    best_loss_ : float or None
        Lowest value of ``loss_curve_``; None where a score is watched instead.

    validation_scores_ : list of float or None
        R² on the held-out rows after each epoch; None without ``early_stopping``.

    best_validation_score_ : float or None
        Highest of ``validation_scores_``.

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

    _parameter_constraints = _CONSTRAINTS | {"loss": [StrOptions({"squared_error", "poisson"})]}
    _numeric_target = True

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        loss="squared_error",
        alpha=0.0001,
        dropout=0.0,
        input_dropout=0.0,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
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
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        dtype=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.loss = loss
        self.alpha = alpha
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dtype = dtype

    def fit(self, X, y, sample_weight=None):
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
        return self._fit(X, y, sample_weight)

    @available_if(has_epochs)
    def partial_fit(self, X, y, sample_weight=None):
        """Make one pass over X and y, going on from the last call if there was one.

        As many calls on the same data compute what one ``fit`` of as many epochs does.

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

    def predict(self, X):
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
        return self._predict(X, lambda targets, scores: targets.decode(scores))

    def to_sklearn(self):
        """Convert to scikit-learn's own MLPRegressor.

        Returns
        -------
        sklearn.neural_network.MLPRegressor
            Fitted, with copies of the weights and so the same predictions. What it has no
            parameter for (dropout) is left behind; it plays no part in prediction.
        """
        return to_sklearn(self)

    @classmethod
    def from_sklearn(cls, estimator):
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
        return from_sklearn(cls, estimator)

    def _choose_targets(self, data, classes, resume, incremental):
        y = data.y
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if np.abs(y).max() > np.finfo(data.X.dtype).max:
            raise ValueError(f"y contains a value too large for {data.X.dtype}.")
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if resume and n_outputs != self._targets.n_outputs:
            raise ValueError(
                f"y has {n_outputs} outputs, but the previous call to fit was given "
                f"{self._targets.n_outputs}."
            )
        link = natural_link(self.loss)
        smallest = LOSSES[self.loss, link].smallest_target
        if y.min() < smallest:
            raise ValueError(f"loss={self.loss!r} requires y >= {smallest:g}, got {y.min():.6g}.")
        return RegressionTargets(n_outputs, link), data._replace(y=y)

    @staticmethod
    def _metric(y, predictions, sample_weight):
        if not np.isfinite(predictions).all():
            return math.nan
        return r2_score(y, predictions, sample_weight=sample_weight)

    def _describe_scale(self, y):
        return f" and {np.abs(y).max():.3g} in y"
