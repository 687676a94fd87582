"""Searches with the real Optuna: spaces, pruning, and studies that continue after a kill."""

import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.marks import unconverged
from skperceptron import MLPClassifier, MLPRegressor
from skperceptron.model_selection import LayerSizes, search_space, suggest

WHY = "OPTUNA IS NOT INSTALLED: SEARCHES WITH OPTUNA WERE NOT TESTED"
optuna = pytest.importorskip("optuna", reason=WHY)
optuna.logging.set_verbosity(optuna.logging.ERROR)
pytestmark = unconverged

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
Y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)


def study_of(objective, n_trials, **keywords):
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(sampler=sampler, **keywords)
    study.optimize(objective, n_trials=n_trials)
    return study


class TestSuggest:
    def test_distributions_of_optuna_are_those_of_the_space(self):
        space = {
            "hidden_layer_sizes": LayerSizes((1, 3), (16, 256)),
            "alpha": loguniform(1e-3, 10),
            "dropout": uniform(0.1, 0.4),
            "batch_size": randint(10, 51),
            "activation": ["relu", "tanh"],
            "weights": [(1, 2), None, {"a": 1}],
        }
        seen = []
        study = study_of(lambda trial: seen.append(suggest(trial, space)) or 0.0, 40)
        known = study.trials[0].distributions
        of = optuna.distributions
        assert known == {
            "hidden_layer_sizes.n_layers": of.IntDistribution(1, 3),
            "hidden_layer_sizes.n_units": of.IntDistribution(16, 256, log=True),
            "alpha": of.FloatDistribution(1e-3, 10, log=True),
            "dropout": of.FloatDistribution(0.1, 0.5),
            "batch_size": of.IntDistribution(10, 50),
            "activation": of.CategoricalDistribution(["relu", "tanh"]),
            "weights": of.CategoricalDistribution(["(1, 2)", "None", "{'a': 1}"]),
        }
        assert {len(each["hidden_layer_sizes"]) for each in seen} == {1, 2, 3}
        assert all(each["weights"] in space["weights"] for each in seen)
        # A finished trial gives its own values again.
        for trial, values in zip(study.trials, seen, strict=True):
            assert suggest(trial, space) == values

    @pytest.mark.slow
    def test_equal_choices_of_several_types_stay_apart_in_a_storage(self, tmp_path):
        space = {"max_features": [1, 1.0, True]}
        given = {"storage": f"sqlite:///{tmp_path}/study.db", "study_name": "choices"}
        seen = []
        study_of(lambda trial: seen.append(suggest(trial, space)) or 0.0, 8, **given)
        loaded = [suggest(trial, space) for trial in optuna.load_study(**given).trials]
        assert [repr(each) for each in loaded] == [repr(each) for each in seen]
        assert len({repr(each) for each in seen}) == 3

    def test_optuna_and_scikit_learn_draw_widths_alike(self):
        sizes = LayerSizes(1, (4, 8))
        study = study_of(lambda trial: float(sizes.suggest(trial)[0]), 800)
        ours = np.bincount([drawn[0] for drawn in sizes.rvs(800, random_state=0)], minlength=9)
        theirs = np.bincount([int(trial.value) for trial in study.trials], minlength=9)
        # The difference of two counts has a standard deviation of at most 20.
        assert np.abs(ours - theirs).max() < 80
        assert (theirs[4:] > 0).all()

    def test_a_study_tunes_a_pipeline(self):
        model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=3, random_state=0))
        space = search_space(model)

        def objective(trial):
            return cross_val_score(model.set_params(**suggest(trial, space)), X, Y, cv=2).mean()

        study = study_of(objective, 4, direction="maximize")
        best = suggest(study.best_trial, space)
        assert cross_val_score(model.set_params(**best), X, Y, cv=2).mean() == study.best_value


class TestPruning:
    @pytest.fixture(autouse=True)
    def callbacks(self):
        pytest.importorskip("sklearn.callback")

    def objective(self, networks, monitor="auto", **parameters):
        from skperceptron.callbacks import OptunaPruning

        def objective(trial):
            network = MLPClassifier((5,), max_iter=12, tol=None, random_state=0, **parameters)
            network.set_params(learning_rate_init=[0.01, 0.01, 1e-6][trial.number])
            networks.append(network.set_callbacks(OptunaPruning(trial, monitor=monitor)))
            network.fit(X, Y, X_val=X, y_val=Y)
            return network.score(X, Y)

        return objective

    def test_a_pruner_ends_a_bad_trial(self):
        networks = []
        pruner = optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=4)
        study = study_of(self.objective(networks), 3, direction="maximize", pruner=pruner)
        assert [trial.state.name for trial in study.trials] == ["COMPLETE", "COMPLETE", "PRUNED"]
        # The losses of validation, negated since the study maximises.
        for trial, network in zip(study.trials[:2], networks, strict=False):
            expected = -np.array(network.validation_loss_curve_)
            assert_array_equal(list(trial.intermediate_values.values()), expected)
            assert list(trial.intermediate_values) == list(range(1, 13))
        assert max(study.trials[2].intermediate_values) == 4  # steps from 4 on are judged
        assert not hasattr(networks[2], "coefs_")  # as before the call

    def test_a_fitted_network_stays_as_it_was(self):
        from skperceptron.callbacks import OptunaPruning

        class Always(optuna.pruners.BasePruner):
            def prune(self, study, trial):
                return True

        network = MLPClassifier((5,), max_iter=3, tol=None, random_state=0).fit(X, Y)
        before = pickle.dumps(network)
        study = optuna.create_study(pruner=Always())
        network.set_callbacks(OptunaPruning(study.ask()))
        with pytest.raises(optuna.TrialPruned, match="pruned after epoch 1, loss="):
            network.fit(X, Y)
        assert pickle.dumps(network.set_callbacks()) == before

    @pytest.mark.parametrize(
        ("direction", "monitor", "sign"),
        [
            ("maximize", "validation_score", 1),
            ("minimize", "validation_score", -1),
            ("maximize", "loss", -1),
            ("minimize", "loss", 1),
        ],
    )
    def test_reports_what_the_study_optimises(self, direction, monitor, sign):
        from skperceptron.callbacks import OptunaPruning

        trial = optuna.create_study(direction=direction).ask()
        network = MLPClassifier((5,), max_iter=4, early_stopping=True, random_state=0)
        network.set_callbacks(OptunaPruning(trial, monitor=monitor)).fit(X, Y)
        curve = network.validation_scores_ if "score" in monitor else network.loss_curve_
        reported = trial.study.trials[0].intermediate_values
        assert_array_equal(list(reported.values()), sign * np.array(curve))

    def test_continued_training_counts_on_and_other_networks_are_not_reported(self):
        from skperceptron.callbacks import OptunaPruning

        trial = optuna.create_study().ask()
        pruning = OptunaPruning(trial)
        network = MLPRegressor((5,), max_iter=2, tol=None, warm_start=True, random_state=0)
        pipeline = make_pipeline(StandardScaler(), network.set_callbacks(pruning))
        pipeline.fit(X, Y).fit(X, Y)
        network.partial_fit(X, Y)
        assert list(trial.study.trials[0].intermediate_values) == [1, 2, 3, 4, 5]
        cross_val_score(pipeline, X, Y, cv=2)
        network.set_params(warm_start=False).fit(X, Y)
        assert list(trial.study.trials[0].intermediate_values) == [1, 2, 3, 4, 5]

    def test_the_first_split_of_a_cross_validation_is_reported(self):
        from skperceptron.callbacks import OptunaPruning

        trial = optuna.create_study().ask()
        network = MLPRegressor((5,), max_iter=3, tol=None, random_state=0)
        network.set_callbacks(OptunaPruning(trial))
        cross_val_score(network, X, Y, cv=2, error_score="raise")
        assert list(trial.study.trials[0].intermediate_values) == [1, 2, 3]

    def test_the_objective_can_be_called_with_a_finished_trial(self):
        networks = []
        study = study_of(lambda trial: self.objective(networks)(trial), 2, direction="maximize")
        assert self.objective(networks)(study.trials[0]) == study.trials[0].value
        assert self.objective(networks)(study.best_trial) == study.best_value

    def test_refuses(self):
        from skperceptron.callbacks import OptunaPruning

        with pytest.raises(TypeError, match="trial must be a trial of Optuna, got 3"):
            OptunaPruning(3)
        several = optuna.create_study(directions=["minimize", "maximize"])
        with pytest.raises(ValueError, match="trial belongs to a study with several directions"):
            OptunaPruning(several.ask())
        trial = optuna.create_study().ask()
        network = MLPClassifier(max_iter=1, random_state=0)
        network.set_callbacks(OptunaPruning(trial, monitor="accuracy"))
        with pytest.raises(ValueError, match="monitor='accuracy' is not recorded"):
            network.fit(X, Y)
        with pytest.raises(TypeError, match="belongs to a running trial"):
            pickle.dumps(network)


PROGRAM = """
import sys
import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skperceptron import MLPClassifier
from skperceptron.model_selection import search_space, suggest

optuna.logging.set_verbosity(optuna.logging.ERROR)
log, storage = sys.argv[1:]
if not storage.startswith("sqlite"):
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    storage = JournalStorage(JournalFileBackend(storage))
X, y = load_digits(return_X_y=True)
X, X_val, y, y_val = train_test_split(X / 16, y, random_state=0)
space = search_space(MLPClassifier())

def objective(trial):
    network = MLPClassifier(max_iter=6, tol=None, random_state=0)
    network.set_params(**suggest(trial, space)).fit(X, y)
    score = network.score(X_val, y_val)
    with open(log, "a") as file:
        print(trial.params, score, file=file)
    return score

study = optuna.create_study(
    storage=storage, study_name="digits", direction="maximize", load_if_exists=True
)
for trial in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
    study.tell(trial.number, state=optuna.trial.TrialState.FAIL)  # it was killed
    study.enqueue_trial(trial.params)
finished = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
study.sampler = optuna.samplers.RandomSampler(seed=len(finished))
study.optimize(objective, n_trials=8 - len(finished))
for trial in study.get_trials(states=[optuna.trial.TrialState.COMPLETE]):
    print(trial.params, trial.value)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_a_study_that_was_killed_continues(tmp_path, kind):
    log, file = tmp_path / "log", tmp_path / "study"
    storage = f"sqlite:///{file}" if kind == "sqlite" else str(file)
    command = [sys.executable, "-c", PROGRAM, str(log), storage]

    def lines():
        return log.read_text().splitlines() if log.exists() else []

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(18000):  # of 10 ms
            if len(lines()) >= 3 or process.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(0.1)  # into the next trial
        process.send_signal(signal.SIGKILL)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert printed == ""
    before = lines()
    assert 3 <= len(before) < 8
    finished = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, timeout=200
    ).stdout.splitlines()
    assert len(finished) == 8
    # The trial in which the kill came may have ended in the log and not in the study.
    assert len(lines()) - 8 in (0, 1)
    assert lines()[: len(before)] == before
    assert set(finished) == set(lines())
    assert finished[: len(before) - 1] == before[:-1]
    assert len(set(finished)) == 8  # no trial twice


@pytest.mark.slow
def test_pruning_saves_epochs_and_keeps_the_best_trial():
    """The claim of the guide: on the digits, with a sampler that draws the same candidates."""
    pytest.importorskip("sklearn.callback")
    from skperceptron.callbacks import OptunaPruning

    data, y = load_digits(return_X_y=True)
    data, held_out, y, y_held_out = train_test_split(data / 16, y, random_state=0)
    space = search_space(MLPClassifier())
    epochs, best = {}, {}
    for name, pruner in (
        ("none", optuna.pruners.NopPruner()),
        ("median", optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=3)),
    ):

        def objective(trial):
            network = MLPClassifier(max_iter=20, tol=None, random_state=0)
            network.set_params(**suggest(trial, space)).set_callbacks(OptunaPruning(trial))
            network.fit(data, y, X_val=held_out, y_val=y_held_out)
            return network.score(held_out, y_held_out)

        study = study_of(objective, 12, direction="maximize", pruner=pruner)
        epochs[name] = sum(len(trial.intermediate_values) for trial in study.trials)
        best[name] = study.best_value
    assert epochs["none"] == 12 * 20
    assert epochs["median"] < 0.7 * epochs["none"]
    assert best["median"] > best["none"] - 0.01
