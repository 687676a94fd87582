"""Callbacks of scikit-learn and of users: what they see, what they may ask for, what they cost."""

import math
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.callbacks import SilentCallback
from helpers.interrupts import interrupt_call, interrupted
from helpers.marks import HAS_CALLBACKS, needs_callbacks
from helpers.processes import run_python
from helpers.unchanged import unchanged
from helpers.weights import assert_same_weights, flat_weights
from skperceptron import MLPClassifier, MLPRegressor, PerceptronClassifier, _base
from skperceptron._callback_runner import Metadata
from skperceptron._core.epoch_metrics import EpochMetrics
from skperceptron._core.objective import Objective
from skperceptron._core.optimizers import GradientNormRecorder
from skperceptron.plotting.base import training_path

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
Y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)

ESTIMATORS = {
    "classifier": MLPClassifier((5,), max_iter=6, batch_size=20, random_state=0),
    "regressor": MLPRegressor((5,), max_iter=6, batch_size=20, random_state=0),
    "lbfgs": MLPClassifier((5,), solver="lbfgs", max_iter=6, random_state=0),
    "perceptron": PerceptronClassifier(max_iter=6, tol=None),
    "averaged": PerceptronClassifier(max_iter=6, tol=None, algorithm="averaged"),
}
every_estimator = pytest.mark.parametrize("name", ESTIMATORS)


def make(name, **parameters):
    return clone(ESTIMATORS[name]).set_params(**parameters)


class Recorder:
    """Keeps all it is shown; asks to stop, or raises an error, at the end of some epoch."""

    def __init__(self, stop_after=math.inf, error=None):
        self.stop_after, self.error = stop_after, error
        self.begun, self.ended, self.log = [], [], []

    def setup(self, estimator, context):
        self.log.append("setup")

    def teardown(self, estimator, context):
        self.log.append("teardown")

    def on_fit_task_begin(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.begun.append((context.task_name, context.task_id))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.ended.append((context.task_name, context.task_id))
        self.log.append((X, y, metadata, fitted_estimator))
        if metadata is None or metadata.record is None:
            return False
        if self.error is not None and len(self.epochs) == 2:
            raise self.error
        return len(self.epochs) >= self.stop_after

    @property
    def epochs(self):
        """What came with the end of each epoch."""
        shown = [entry for entry in self.log if isinstance(entry, tuple)]
        return [entry for entry in shown if entry[2] is not None and entry[2].record is not None]


@pytest.mark.skipif(HAS_CALLBACKS, reason="scikit-learn has callbacks from 1.9 on")
@every_estimator
def test_below_scikit_learn_1_9_set_callbacks_says_why(name):
    with pytest.raises(ImportError, match=r"needs scikit-learn 1\.9 or newer.*verbose"):
        make(name).set_callbacks(SilentCallback())


@needs_callbacks
class TestEachEpoch:
    @every_estimator
    def test_begins_and_ends_within_the_fit(self, name):
        seen = Recorder()
        model = make(name).set_callbacks(seen).fit(X, Y)
        step = "iteration" if name == "lbfgs" else "epoch"
        steps = [(step, i) for i in range(6)]
        assert seen.begun == [("fit", 0), *steps]
        assert seen.ended == [*steps, ("fit", 0)]
        assert (seen.log[0], seen.log[-1]) == ("setup", "teardown")
        assert [entry[2].record["epoch"] for entry in seen.epochs] == [1, 2, 3, 4, 5, 6]
        assert not set(vars(model)) & {"_callback_fit_ctx", "_skl_callbacks_to_teardown"}

    @every_estimator
    def test_shows_a_copy_as_of_it(self, name):
        seen = Recorder()
        make(name).set_callbacks(seen).fit(X, Y)
        assert len(seen.epochs) == 6
        for i, (_, _, _, fitted) in enumerate(seen.epochs, start=1):
            expected = make(name, max_iter=i).fit(X, Y)
            assert_same_weights(fitted, expected)
            assert_array_equal(fitted.predict(X), expected.predict(X))
            assert fitted.n_iter_ == expected.n_iter_ == i
            assert not fitted._skl_callbacks

    @every_estimator
    def test_changes_nothing(self, name):
        plain = make(name).fit(X, Y)
        watched = make(name).set_callbacks(Recorder()).fit(X, Y)
        assert_same_weights(watched, plain)

    def test_the_copy_is_detached(self):
        seen = Recorder()
        model = make("classifier").set_callbacks(seen).fit(X, Y)
        before = flat_weights(model)
        for _, _, _, fitted in [entry for entry in seen.log if isinstance(entry, tuple)]:
            fitted.coefs_[0][...] = 0
            fitted.loss_curve_.clear()
        assert_array_equal(flat_weights(model), before)
        assert len(model.loss_curve_) == 6
        assert flat_weights(model.set_params(warm_start=True, max_iter=1).fit(X, Y)).all()

    @pytest.mark.filterwarnings("ignore:early_stopping watched a score")
    @pytest.mark.parametrize("name", ["classifier", "regressor"])
    def test_under_early_stopping_the_weights_are_its_own(self, name):
        seen = Recorder()
        model = make(name, early_stopping=True, max_iter=12).set_callbacks(seen).fit(X, Y)
        for (X_train, y_train, metadata, fitted), score in zip(
            seen.epochs, model.validation_scores_, strict=True
        ):
            held_out = metadata.validation
            assert len(X_train) == len(y_train) == 81
            assert_allclose(fitted.score(held_out.X, held_out.y), score, rtol=1e-12)
            assert metadata.record["validation_score"] == score
        rows = np.concatenate([X_train, held_out.X])
        assert_array_equal(np.sort(rows, axis=0), np.sort(X, axis=0))
        final = seen.log[-2][3]
        assert_same_weights(final, model)

    def test_the_perceptron_holds_rows_out_too(self):
        seen = Recorder()
        model = make("perceptron", early_stopping=True).set_callbacks(seen).fit(X, Y)
        assert len(seen.epochs) == model.n_iter_ > 0
        for _, _, metadata, fitted in seen.epochs:
            held_out = metadata.validation
            assert len(held_out.y) == 9
            expected = fitted.score(held_out.X, held_out.y)
            assert_allclose(metadata.record["validation_score"], expected)

    def test_a_validation_set_and_weights_are_shown_as_given(self):
        seen = Recorder()
        weight = rng.uniform(0.5, 2, 90)
        model = make("classifier").set_callbacks(seen)
        model.fit(X, Y, weight, X_val=X[:7], y_val=Y[:7], sample_weight_val=weight[:7])
        _, _, metadata, _ = seen.epochs[0]
        assert_array_equal(metadata["sample_weight"], weight)
        for shown, given in zip(metadata.validation, (X[:7], Y[:7], weight[:7]), strict=True):
            assert_array_equal(shown, given)
        assert metadata.record["validation_loss"] == model.validation_loss_curve_[0]

    @pytest.mark.parametrize("name", ["classifier", "perceptron"])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_frames_stay_frames(self, name, early_stopping):
        frame = pd.DataFrame(X, columns=list("abcd"))
        seen = Recorder()
        make(name, early_stopping=early_stopping).set_callbacks(seen).fit(frame, Y)
        X_train, y_train, metadata, fitted = seen.epochs[-1]
        assert list(X_train.columns) == list("abcd")
        assert 0 <= fitted.score(X_train, y_train) <= 1  # and no warning
        if early_stopping:
            fitted.score(metadata.validation.X, metadata.validation.y)

    def test_sparse_rows(self):
        seen = Recorder()
        make("classifier", early_stopping=True).set_callbacks(seen).fit(csr_array(X), Y)
        assert seen.epochs[0][0].shape == (81, 4)
        assert seen.epochs[0][2].validation.X.shape == (9, 4)

    @pytest.mark.parametrize("name", ["classifier", "perceptron"])
    def test_partial_fit_is_one(self, name):
        seen = Recorder()
        model = make(name).set_callbacks(seen)
        for _ in range(3):
            model.partial_fit(X, Y, classes=[0, 1])
        assert seen.begun == [("partial_fit", 0), ("epoch", 0)] * 3
        assert [entry[2].record["epoch"] for entry in seen.epochs] == [1, 2, 3]

    def test_metadata_pickle(self):
        metadata = Metadata(sample_weight=1)
        metadata.record = {"loss": 2.0}
        restored = pickle.loads(pickle.dumps(metadata))
        assert (restored, restored.record) == (metadata, {"loss": 2.0})


@needs_callbacks
class TestCost:
    def test_nothing_is_made_that_nobody_asks_for(self, monkeypatch):
        def refuse(*args, **kwargs):
            raise AssertionError("nobody asked")

        monkeypatch.setattr(_base, "fitted_so_far", refuse)
        make("classifier").set_callbacks(SilentCallback()).fit(X, Y)
        monkeypatch.setattr(GradientNormRecorder, "step", refuse)
        monkeypatch.setattr(EpochMetrics, "entry", refuse)
        make("classifier", verbose=1).fit(X, Y)
        with pytest.raises(AssertionError, match="nobody asked"):
            make("classifier", verbose=2).fit(X, Y)


@needs_callbacks
class TestStopping:
    @every_estimator
    def test_ends_between_two_epochs(self, name):
        seen = Recorder(stop_after=3)
        model = make(name).set_callbacks(seen)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nor does it lack convergence
            model.fit(X, Y)
        assert model.n_iter_ == 3
        assert len(seen.begun) == len(seen.ended) == 4
        assert_same_weights(model, make(name, max_iter=3).fit(X, Y))

    @pytest.mark.parametrize("name", ["classifier", "regressor", "perceptron"])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_goes_on_bit_for_bit(self, name, early_stopping):
        if name == "perceptron" and early_stopping:
            pytest.skip("a perceptron's patience belongs to one fit")
        parameters = {"early_stopping": early_stopping, "max_iter": 8}
        whole = make(name, **parameters).fit(X, Y)
        model = make(name, warm_start=True, **parameters).set_callbacks(Recorder(stop_after=3))
        model.fit(X, Y)
        model = pickle.loads(pickle.dumps(model)).set_callbacks()
        model.set_params(max_iter=5).fit(X, Y)
        assert_same_weights(model, whole)
        if name != "perceptron":
            assert model.loss_curve_ == whole.loss_curve_

    @pytest.mark.slow
    def test_goes_on_in_another_process(self, tmp_path):
        whole = make("classifier", dropout=0.3).fit(X, Y)
        model = make("classifier", dropout=0.3, warm_start=True)
        model.set_callbacks(Recorder(stop_after=2)).fit(X, Y).set_callbacks()
        file = tmp_path / "model.pkl"
        file.write_bytes(pickle.dumps((model.set_params(max_iter=4), X, Y)))
        code = (
            "import pickle, sys, warnings; warnings.simplefilter('ignore')\n"
            "model, X, Y = pickle.load(open(sys.argv[1], 'rb'))\n"
            "pickle.dump(model.fit(X, Y), open(sys.argv[1], 'wb'))"
        )
        run_python(code, file)
        assert_same_weights(pickle.loads(file.read_bytes()), whole)

    @pytest.mark.parametrize("early_stopping", [False, True])
    @pytest.mark.parametrize("epoch", [0, 2, 4])
    def test_a_copy_goes_on_bit_for_bit_too(self, early_stopping, epoch):
        parameters = {"early_stopping": early_stopping, "max_iter": 9, "warm_start": True}
        seen = Recorder()
        whole = make("classifier", **parameters).set_callbacks(seen).fit(X, Y)
        fitted = seen.epochs[epoch][3].set_params(max_iter=9 - epoch - 1).fit(X, Y)
        assert_same_weights(fitted, whole)
        assert fitted.validation_scores_ == whole.validation_scores_
        assert fitted.best_validation_score_ == whole.best_validation_score_

    @every_estimator
    def test_ctrl_c_in_a_callback_ends_training(self, name):
        seen = Recorder(error=KeyboardInterrupt())
        with interrupted:
            model = make(name).set_callbacks(seen).fit(X, Y)
        assert model.n_iter_ == 2
        assert_same_weights(model, make(name, max_iter=2).fit(X, Y))
        assert seen.log[-1] == "teardown"
        assert sorted(seen.begun) == sorted(seen.ended)

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    def test_ctrl_c_in_an_epoch_ends_its_task_too(self, solver, monkeypatch):
        interrupt_call(monkeypatch, Objective, "value_and_gradient", 9)
        seen = Recorder()
        model = make("classifier", solver=solver, batch_size="auto", max_iter=50)
        with interrupted:
            model.set_callbacks(seen).fit(X, Y)
        assert len(seen.epochs) == model.n_iter_ > 0
        assert sorted(seen.begun) == sorted(seen.ended)
        assert len(seen.begun) == model.n_iter_ + 2
        assert seen.log[-3][3] is None  # of the epoch that nothing came of


@needs_callbacks
class TestErrors:
    @every_estimator
    def test_leave_the_estimator_as_it_was(self, name):
        state = np.random.RandomState(3)
        seen = Recorder(error=ZeroDivisionError("mine"))
        model = make(name, random_state=state, warm_start=True).fit(X, Y)
        with unchanged(model):
            model.set_callbacks(seen)
            with pytest.raises(ZeroDivisionError, match="mine"):
                model.fit(X, Y)
            assert seen.log[-1] == "teardown"
            model.set_callbacks()

    def test_warnings_still_point_at_the_line_that_called(self):
        with pytest.warns(UserWarning, match="ignored with") as caught:
            make("classifier", momentum=0.3).set_callbacks(Recorder()).fit(X, Y)
        assert caught[0].filename == __file__

    def test_what_is_no_callback(self):
        with pytest.raises(TypeError, match="protocol"):
            make("classifier").set_callbacks(print)


def scores_of(monitor):
    return [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]


@needs_callbacks
class TestScikitLearns:
    @every_estimator
    def test_alone(self, name, capsys):
        pytest.importorskip("rich")
        from sklearn.callback import ProgressBar, ScoringMonitor

        scoring = "r2" if name == "regressor" else "accuracy"
        monitor = ScoringMonitor(scoring=scoring)
        model = make(name).set_callbacks(ProgressBar(), monitor).fit(X, Y)
        assert "100%" in capsys.readouterr().out
        data = monitor.get_logs().data
        assert len(data) == 7  # six epochs, and the fit
        assert_allclose(data[-1][scoring], model.score(X, Y))

    @pytest.mark.parametrize("name", ["classifier", "perceptron"])
    def test_in_a_pipeline(self, name, capsys):
        pytest.importorskip("rich")
        from sklearn.callback import ProgressBar, ScoringMonitor

        monitor = ScoringMonitor(scoring="accuracy")
        pipeline = make_pipeline(StandardScaler(), make(name).set_callbacks(monitor))
        pipeline.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
        assert type(pipeline[-1]).__name__ in capsys.readouterr().out
        assert len(scores_of(monitor)) == 6
        assert_allclose(scores_of(monitor)[-1], pipeline.score(X, Y))

    @pytest.mark.slow
    def test_in_a_search_in_processes(self, capsys):
        pytest.importorskip("rich")
        from sklearn.callback import ProgressBar, ScoringMonitor

        monitor = ScoringMonitor(scoring="accuracy")
        network = make("classifier").set_callbacks(monitor)
        search = GridSearchCV(network, {"alpha": [1e-3, 1.0]}, cv=2, n_jobs=2)
        search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
        assert "MLPClassifier" in capsys.readouterr().out
        assert len(scores_of(monitor)) == (2 * 2 + 1) * 6

    def test_fitted_networks_with_callbacks_pickle(self):
        from sklearn.callback import ScoringMonitor

        model = make("classifier").set_callbacks(ScoringMonitor(scoring="accuracy")).fit(X, Y)
        restored = pickle.loads(pickle.dumps(model))
        assert_array_equal(restored.predict(X), model.predict(X))
        restored.fit(X, Y)
        assert not hasattr(restored.drop_training_state(), "_skl_callbacks")


@needs_callbacks
def test_pictures_do_not_disturb_callbacks():
    from skperceptron.plotting import LossSurfaceDisplay

    seen = Recorder()
    model = make("classifier").set_callbacks(seen).fit(X, Y)
    n_seen = len(seen.log)
    path = training_path(model, X, Y, epochs=3)
    LossSurfaceDisplay.from_estimator(model, X, Y, path=path, grid_resolution=3)
    assert len(seen.log) == n_seen
    assert model._skl_callbacks == [seen]


class TestVerbose2:
    """verbose=2 adds a line to each epoch's; the numbers are computed again here."""

    def lines(self, capsys, model, *data, **more):
        capsys.readouterr()
        model.fit(*data, **more)
        added = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
        assert all(line.endswith(" s") for line in added)
        return [
            {name: float(value.removesuffix(" s")) for name, value in pairs}
            for pairs in ([p.split(" = ") for p in line.strip().split(", ")] for line in added)
        ]

    @pytest.mark.parametrize("l1_ratio", [0.0, 0.4])
    def test_numbers(self, l1_ratio, capsys):
        """One batch of plain gradient descent: the gradient is the step over the rate."""
        parameters = {"solver": "sgd", "momentum": 0.0, "batch_size": 90, "alpha": 0.5}
        parameters |= {"l1_ratio": l1_ratio, "learning_rate_init": 0.1}
        model = make("regressor", max_iter=3, verbose=2, **parameters)
        shown = self.lines(capsys, model, X, Y, X_val=X[:9], y_val=Y[:9])
        assert len(shown) == 3
        size = sum(np.abs(w).sum() for w in model.coefs_)
        square = sum((w**2).sum() for w in model.coefs_)
        penalty = 0.5 * (l1_ratio * size + (1 - l1_ratio) / 2 * square) / 90
        assert_allclose(shown[-1]["penalty"], penalty, rtol=1e-3)
        assert shown[-1]["learning rate"] == 0.1
        assert_allclose(shown[-1]["validation loss"], model.validation_loss_curve_[-1], rtol=1e-3)
        if l1_ratio == 0:
            before = make("regressor", max_iter=2, **parameters).fit(X, Y)
            step = (flat_weights(before) - flat_weights(model)) / 0.1
            assert_allclose(shown[-1]["gradient norm"], np.linalg.norm(step), rtol=1e-3)

    def test_the_mean_over_batches(self, capsys):
        """Steps of no length leave the weights, and each batch's gradient, what they are."""
        parameters = {"solver": "sgd", "momentum": 0.0, "shuffle": False, "alpha": 0.0}
        parameters |= {"learning_rate_init": 1e-12, "verbose": 2, "max_iter": 1}
        model = make("regressor", batch_size=45, **parameters)
        (both,) = self.lines(capsys, model, X, Y)
        halves = [
            self.lines(capsys, make("regressor", batch_size=45, **parameters), X[half], Y[half])[0]
            for half in (slice(45), slice(45, 90))
        ]
        mean = (halves[0]["gradient norm"] + halves[1]["gradient norm"]) / 2
        assert_allclose(both["gradient norm"], mean, rtol=1e-3)

    def test_scikit_learns_lines_stay(self, capsys):
        make("classifier", verbose=1, early_stopping=True).fit(X, Y)
        plain = capsys.readouterr().out
        make("classifier", verbose=2, early_stopping=True).fit(X, Y)
        lines = capsys.readouterr().out.splitlines(keepends=True)
        assert "".join(line for line in lines if not line.startswith("  ")) == plain

    def test_lbfgs_has_no_learning_rate(self, capsys):
        model = MLPRegressor((), solver="lbfgs", verbose=2, alpha=0.0, tol=1e-9, random_state=0)
        shown = self.lines(capsys, model, X, Y)
        assert set(shown[0]) == {"penalty", "gradient norm", "time"}
        assert shown[-1]["gradient norm"] < 1e-3 * shown[0]["gradient norm"]

    def test_perceptron(self, capsys):
        model = make("perceptron", verbose=2, early_stopping=True, max_iter=2)
        shown = self.lines(capsys, model, X, Y)
        assert [s["units in training"] for s in shown] == [1, 1]
        _, held_out = train_test_split(np.arange(90), test_size=0.1, random_state=0, stratify=Y)
        assert_allclose(
            shown[1]["validation score"], model.score(X[held_out], Y[held_out]), rtol=1e-3
        )
