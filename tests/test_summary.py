"""What networks say of themselves: summary(), and what notebooks show."""

import copy
import pickle
import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skperceptron
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._core.activations import Tanh
from skperceptron._summary import documentation_url

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5))
Y = np.repeat(["a", "b", "c", "d"], 10)
NETWORK = MLPClassifier((7, 3), ["tanh", "relu"], batch_norm=True, max_iter=2, random_state=0)
every_estimator = pytest.mark.parametrize(
    "estimator",
    [NETWORK, MLPRegressor(max_iter=2), MLPAutoencoder(max_iter=2), PerceptronClassifier()],
    ids=lambda estimator: type(estimator).__name__,
)


@pytest.fixture(autouse=True)
def forget_where_the_documentation_is():
    documentation_url.cache_clear()
    yield
    documentation_url.cache_clear()


@pytest.fixture
def documented(tmp_path, monkeypatch):
    """The package, installed with an address of its documentation."""
    folder = tmp_path / "skperceptron-1.dist-info"
    folder.mkdir()
    lines = [
        "Metadata-Version: 2.1", "Name: skperceptron", "Version: 1",
        "Project-URL: Source, https://source.invalid/",
        "Project-URL: Documentation, https://docs.invalid/skperceptron/",
    ]  # fmt: skip
    (folder / "METADATA").write_text("\n".join(lines))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


def fitted(estimator):
    y = X[:, 0] if isinstance(estimator, MLPRegressor) else Y
    return clone(estimator).fit(X, y)


def cells(html):
    """The cells of the table of layers, row by row."""
    table = re.search(r"<table><thead>.*?<th>layer</th>.*?</table>", html)[0]
    return [["".join(cell.itertext()) for cell in row] for row in ElementTree.XML(table).iter("tr")]


class TestSummary:
    def test_is_text(self):
        summary = fitted(NETWORK).summary()
        assert isinstance(summary, str)
        assert summary == "\n".join(
            [
                "layer     activation     units  parameters",
                "inputs                       5           0",
                "hidden 1  tanh               7          56",
                "hidden 2  relu               3          30",
                "output    softmax            4          16",
                "total                                  102",
            ]
        )
        # Typed at a prompt it looks as if printed.
        assert repr(summary) == str(summary)

    def test_is_a_table_in_notebooks(self):
        html = fitted(NETWORK).summary()._repr_html_()
        assert cells(html) == [
            ["layer", "activation", "units", "weights", "parameters"],
            ["inputs", "", "5", "", "0"],
            ["hidden 1", "tanh", "7", "5 × 7", "56"],
            ["hidden 2", "relu", "3", "7 × 3", "30"],
            ["output", "softmax", "4", "3 × 4", "16"],
            ["total", "", "", "", "102"],
        ]
        assert "5 → 7 → 3 → 4, 102 parameters" in html

    def test_parameters_are_those_there_are(self):
        network = fitted(NETWORK)
        arrays = [*network.coefs_, *network.intercepts_]
        arrays += [*network.batch_norm_scale_, *network.batch_norm_shift_]
        assert f"{sum(array.size for array in arrays)} parameters" in network._repr_html_()

    @pytest.mark.parametrize("way", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
    def test_survives_copies_and_pickles(self, way):
        summary = fitted(NETWORK).summary()
        again = way(summary)
        assert again == summary
        assert again._repr_html_() == summary._repr_html_()


class TestNotebook:
    @every_estimator
    def test_shows_the_diagram_of_scikit_learn_and_the_layers(self, estimator):
        for model in (estimator, fitted(estimator)):
            html = model._repr_html_()
            assert 'class="sk-top-container' in html
            layers = html.count('class="skperceptron-layers"')
            assert layers == (not isinstance(model, PerceptronClassifier))
            bundle = model._repr_mimebundle_()
            assert bundle["text/plain"] == repr(model)
            assert bundle["text/html"].count('class="skperceptron-layers"') == layers

    def test_of_a_fitted_network(self):
        network = fitted(NETWORK)
        expected = cells(network.summary()._repr_html_())
        assert cells(network._repr_html_()) == expected
        # Hyperparameters are for the next fit.
        assert cells(network.set_params(hidden_layer_sizes=(9,))._repr_html_()) == expected

    def test_before_fit_what_can_be_known(self):
        html = MLPRegressor((30, 10), ["tanh", "relu"])._repr_html_()
        assert "? → 30 → 10 → ?, not fitted yet" in html
        assert cells(html)[1:] == [
            ["inputs", "", "?", "", "0"],
            ["hidden 1", "tanh", "30", "? × 30", "?"],
            ["hidden 2", "relu", "10", "30 × 10", "310"],
            ["output", "", "?", "10 × ?", "?"],
            ["total", "", "", "", "?"],
        ]
        assert [row[1] for row in cells(MLPAutoencoder()._repr_html_())[2:5]] == [
            *("relu", "identity", "relu")
        ]

    @pytest.mark.parametrize(
        "parameters",
        [
            {"hidden_layer_sizes": "wide"},
            {"hidden_layer_sizes": None},
            {"activation": ["relu"] * 9},
        ],
    )
    @pytest.mark.parametrize("make", [MLPClassifier, MLPAutoencoder])
    def test_with_parameters_that_fit_will_refuse_the_diagram_alone(self, make, parameters):
        html = make(**parameters)._repr_html_()
        assert "sk-top-container" in html
        assert "skperceptron-layers" not in html

    def test_names_of_the_user_are_escaped(self):
        script = type("<script>alert(1)</script>", (Tanh,), {})
        for model in (MLPRegressor((3,), script()), fitted(MLPRegressor((3,), script()))):
            assert "<script>alert" not in model._repr_html_()
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in model._repr_html_()

    @every_estimator
    def test_text_if_that_is_asked_for(self, estimator):
        with config_context(display="text"):
            assert not hasattr(estimator, "_repr_html_")
            assert estimator._repr_mimebundle_() == {"text/plain": repr(estimator)}

    def test_in_a_pipeline_there_is_the_diagram(self):
        html = make_pipeline(StandardScaler(), fitted(NETWORK))._repr_html_()
        assert "MLPClassifier" in html


class TestLink:
    @every_estimator
    def test_leads_to_the_page_of_the_class(self, estimator, documented):
        name = type(estimator).__name__
        link = f"https://docs.invalid/skperceptron/api/generated/skperceptron.{name}.html"
        assert estimator._get_doc_link() == link
        assert link in estimator._repr_html_()
        assert link in make_pipeline(StandardScaler(), estimator)._repr_html_()

    def test_a_class_of_the_user_has_no_page(self, documented):
        class Own(MLPClassifier):
            pass

        assert Own()._get_doc_link() == ""

    @every_estimator
    def test_without_an_address_there_is_none(self, estimator, tmp_path, monkeypatch):
        folder = tmp_path / "skperceptron-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: skperceptron\nVersion: 1\n")
        monkeypatch.setattr(sys, "path", [str(tmp_path)])
        assert estimator._get_doc_link() == ""
        assert "Documentation for" not in estimator._repr_html_()

    def test_nor_where_the_package_is_not_installed(self, monkeypatch):
        monkeypatch.setattr(sys, "path", [])
        assert skperceptron.MLPClassifier()._get_doc_link() == ""
