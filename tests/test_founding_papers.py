"""The examples of founding papers: their rules against a reference, and what they say came out."""

import itertools

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import Ridge

from helpers import examples


@pytest.fixture(scope="module")
def symmetry():
    return examples.definitions("plot_symmetry")


@pytest.fixture(scope="module")
def family_trees():
    return examples.definitions("plot_family_trees")


@pytest.fixture(scope="module")
def rosenblatt():
    return examples.definitions("plot_rosenblatt")


@pytest.fixture(scope="module")
def patterns():
    X = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
    y = np.array([float(tuple(row) == tuple(row)[::-1]) for row in X])
    return X, y


def sigmoid_gradients(X, y, coefs, intercepts, residual):
    """Gradients of half the sum of squared residuals with respect to weights and intercepts."""
    outputs = [X]
    for weight, intercept in zip(coefs, intercepts, strict=True):
        outputs.append(expit(outputs[-1] @ weight + intercept))
    delta = residual(outputs[-1], y) * outputs[-1] * (1 - outputs[-1])
    of_coefs, of_intercepts = [], []
    for layer in reversed(range(len(coefs))):
        of_coefs.insert(0, outputs[layer].T @ delta)
        of_intercepts.insert(0, delta.sum(axis=0))
        delta = delta @ coefs[layer].T * outputs[layer] * (1 - outputs[layer])
    return of_coefs + of_intercepts


def sweep(parameters, steps, gradients, epsilon, alpha):
    """The rule of 1986: a step is minus epsilon times the gradient, plus alpha times the last."""
    for parameter, step, gradient in zip(parameters, steps, gradients, strict=True):
        step *= alpha
        step -= epsilon * gradient
        parameter += step


class TestSymmetry:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_a_hundred_sweeps_are_those_of_the_rule(self, symmetry, patterns, seed):
        X, y = patterns
        assert y.sum() == 8
        network = symmetry["symmetry_network"](seed, n_sweeps=100)
        coefs, intercepts = ([a.copy() for a in arrays] for arrays in network.init)
        network.fit(X, y)
        parameters = [*coefs, *intercepts]
        assert all((np.abs(p) < 0.3).all() for p in parameters)
        steps = [np.zeros_like(p) for p in parameters]
        for _ in range(100):
            gradients = sigmoid_gradients(X, y[:, None], coefs, intercepts, np.subtract)
            sweep(parameters, steps, gradients, 0.1, 0.9)
        fitted = [*network.coefs_, *network.intercepts_]
        # Other orders of the rows, which round differently, change the weights by less than 2e-15.
        # The output is saturated in these sweeps: a difference of the starts grows sixfold at most.
        for one, other in zip(fitted, parameters, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)

    def test_the_loss_is_the_error_of_the_paper_over_64(self, symmetry, patterns):
        X, y = patterns
        network = symmetry["symmetry_network"](3, n_sweeps=1)
        coefs, intercepts = network.init
        outputs = expit(expit(X @ coefs[0] + intercepts[0]) @ coefs[1] + intercepts[1])[:, 0]
        network.fit(X, y)
        assert 64 * network.loss_curve_[0] == pytest.approx(((outputs - y) ** 2).sum() / 2)

    @pytest.mark.slow
    def test_what_it_says_came_out(self):
        names, printed = examples.run("plot_symmetry")
        weights, network, X = names["weights"], names["network"], names["X"]
        outside, mirrored = weights[:3], weights[:2:-1]
        np.testing.assert_allclose(outside, -mirrored, rtol=0.01)
        magnitudes = np.sort(np.abs(outside), axis=0)
        np.testing.assert_allclose(magnitudes / magnitudes[0], [[1, 1], [2, 2], [4, 4]], rtol=0.03)
        np.testing.assert_allclose(weights[:, 0], -weights[:, 1], rtol=0.01)
        assert (names["intercepts"] < -1).all()
        assert (network.coefs_[1] < -5).all()
        hidden = network.hidden_activations(X)
        assert hidden[names["symmetric"]].max() < 0.2
        assert hidden[~names["symmetric"]].max(axis=1).min() > 0.5
        assert np.array_equal(network.predict(X) > 0.5, names["symmetric"])
        # Those that are done in time are a minority of the starts, but no accident.
        assert 10 <= names["in_time"].sum() <= 45
        for network, after in zip(names["networks"], names["found_after"], strict=True):
            if np.isfinite(after):
                assert np.array_equal(network.predict(X) > 0.5, names["symmetric"])
        assert f"{names['in_time'].sum()} of 100 random starts" in printed


class TestFamilyTrees:
    def test_there_are_104_questions_half_of_them_in_each_family(self, family_trees):
        answers = family_trees["all_answers"]()
        assert len(answers) == 104
        assert sum(person in family_trees["ENGLISH"] for person, _ in answers) == 52
        assert all(who for who in answers.values())
        assert {relation for _, relation in answers} == set(family_trees["RELATIONS"])
        assert len(family_trees["PERSONS"]) == len(set(family_trees["PERSONS"])) == 24

    def test_answers_are_those_of_the_tree(self, family_trees):
        answers = family_trees["all_answers"]()
        assert answers["Colin", "father"] == {"James"}
        assert answers["Colin", "mother"] == {"Victoria"}
        assert answers["Colin", "aunt"] == {"Margaret", "Jennifer"}
        assert answers["Charlotte", "uncle"] == {"Arthur", "Charles"}
        assert answers["Charles", "niece"] == {"Charlotte"}
        assert answers["Victoria", "brother"] == {"Arthur"}
        assert ("Colin", "brother") not in answers
        assert ("James", "nephew") not in answers
        assert answers["Alfonso", "aunt"] == {"Gina", "Angela"}
        assert answers["Roberto", "daughter"] == {"Lucia"}

    def test_relations_have_their_inverses(self, family_trees):
        answers = family_trees["all_answers"]()
        inverses = [
            ({"father", "mother"}, {"son", "daughter"}),
            ({"husband", "wife"}, {"husband", "wife"}),
            ({"uncle", "aunt"}, {"nephew", "niece"}),
            ({"brother", "sister"}, {"brother", "sister"}),
        ]

        def pairs(relations):
            return {(p, q) for (p, r), who in answers.items() if r in relations for q in who}

        for there, back in inverses:
            assert pairs(there) == {(q, p) for p, q in pairs(back)} != set()

    def test_thirty_sweeps_are_those_of_the_rule(self, family_trees):
        """Between groups that are not connected the weights stay 0."""
        X, y = family_trees["as_arrays"](family_trees["all_answers"]())
        X, y, sees = X[:50], y[:50], family_trees["SEES"]
        assert sees.sum() == 24 * 6 + 12 * 6
        start = family_trees["sgd_network"](50, 7)
        coefs, intercepts = ([a.copy() for a in arrays] for arrays in start.init)
        coefs[0] *= sees
        parameters = [*coefs, *intercepts]
        steps = [np.zeros_like(p) for p in parameters]

        def residual(outputs, y):
            error = outputs - np.where(y == 1, 0.8, 0.2)
            return np.where((error < 0) == (y == 1), error, 0)

        for t in range(30):
            gradients = sigmoid_gradients(X, y, coefs, intercepts, residual)
            gradients[0] *= sees
            sweep(parameters, steps, gradients, *((0.005, 0.5) if t < 20 else (0.12, 0.9)))
            for parameter in parameters:
                parameter *= 1 - 0.002
        network = family_trees["family_network"](X, y, 7, n_sweeps=30)
        fitted = [*network.coefs_, *network.intercepts_]
        for one, other in zip(fitted, parameters, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)  # as above
        assert (network.coefs_[0][sees == 0] == 0).all()
        assert (network.coefs_[0][sees == 1] != 0).all()

    @pytest.mark.parametrize("seed", range(3))
    def test_left_out_accuracy_is_that_of_fits_without_the_row(self, family_trees, seed):
        rng = np.random.default_rng(seed)
        codes, labels = rng.normal(size=(20, 6)), np.arange(20) % 3
        codes[:, 0] += labels
        Z, indicators = (codes - codes.mean(axis=0)) / codes.std(axis=0), np.eye(3)[labels]
        right = []
        for i, label in enumerate(labels):
            others = Ridge(1.0).fit(np.delete(Z, i, axis=0), np.delete(indicators, i, axis=0))
            right.append(others.predict(Z[i : i + 1]).argmax() == label)
        assert 0 < np.mean(right) < 1
        assert family_trees["left_out_accuracy"](codes, labels) == np.mean(right)

    @pytest.mark.slow
    def test_what_it_says_came_out(self):
        names, _ = examples.run("plot_family_trees")
        n_right = names["n_right"]
        known, strict, lenient = n_right["network of the papers"]
        assert known >= 595  # of 600
        assert strict > n_right["nearest neighbour"][1] + 4
        assert strict > n_right["logistic regression"][1] + 4
        assert n_right["fully connected"][0] >= 595
        assert lenient >= strict
        assert names["n_slow"] == 0
        for name, value in names["measured"].items():
            assert value > names["chance"][name][1], name
        for network in names["networks"]:
            assert (network.coefs_[0][names["SEES"] == 0] == 0).all()


class TestRosenblatt:
    def test_bars_are_vertical_or_horizontal(self, rosenblatt):
        images, vertical = rosenblatt["bars"](60, np.random.default_rng(0))
        images = images.reshape(-1, 20, 20)
        heights = images.any(axis=2).sum(axis=1)
        widths = images.any(axis=1).sum(axis=1)
        assert np.array_equal(heights > widths, vertical == 1)
        assert np.array_equal(heights * widths, images.sum(axis=(1, 2)))
        assert set(np.minimum(heights, widths)) == {2, 3, 4}
        assert set(np.maximum(heights, widths)) == set(range(8, 17))

    def test_units_count_what_excites_and_what_inhibits(self, rosenblatt):
        units = rosenblatt["AssociationUnits"](30, random_state=0)
        X = rosenblatt["random_dots"](10, np.random.default_rng(1))[0]
        activity = units.fit(X).transform(X)
        assert ((units.connections_ == 1).sum(axis=0) == 5).all()
        assert ((units.connections_ == -1).sum(axis=0) == 5).all()
        for row, states in zip(X, activity, strict=True):
            for unit, state in zip(units.connections_.T, states, strict=True):
                assert state == (row[unit == 1].sum() - row[unit == -1].sum() >= 2)
        assert 0 < activity.mean() < 1

    def test_reinforcement_keeps_the_sum_of_values(self, rosenblatt):
        activity = np.random.default_rng(0).integers(0, 2, (6, 50)).astype(float)
        values = rosenblatt["reinforced"](activity, np.array([0, 1, 1, 0, 1, 0]))
        assert values.sum() == pytest.approx(0, abs=1e-12)
        gains = [row - row.mean() for row in activity]
        expected = -gains[0] + gains[1] + gains[2] - gains[3] + gains[4] - gains[5]
        np.testing.assert_allclose(values, expected, atol=1e-12)

    @pytest.mark.slow
    def test_what_it_says_came_out(self):
        names, _ = examples.run("plot_rosenblatt")
        table, retina = names["table"], names["retina"]
        # More units help where there are many stimuli, and more stimuli where there are many units.
        assert (np.diff(table[:, -1]) > 0).all()
        assert (np.diff(table[-1]) > 0).all()
        assert table[-1, -1] > 0.95
        assert (np.abs(retina - 0.5) < 0.08).all()
        recall, generalisation = (
            {name: shares.mean(axis=0) for name, shares in names[kind].items()}
            for kind in ("recall", "generalisation")
        )
        assert (np.diff(generalisation["differentiated"]) > 0).all()
        assert recall["differentiated"][-1] - generalisation["differentiated"][-1] < 0.05
        assert (np.diff(recall["ideal"]) <= 0).all()
        assert recall["ideal"][-1] < 0.9
        assert (np.abs(generalisation["ideal"] - 0.5) < 0.05).all()
