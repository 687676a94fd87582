"""to_c: strict C99, and the numbers of predict on real rows."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from helpers.c import Program, needs_compiler
from helpers.exports import (
    CASES,
    assert_close,
    data,
    digits,
    fitted,
    of_transformed_targets,
    rodents,
    table_model,
)
from helpers.marks import unconverged
from helpers.new_layers import ScaleSpec
from skperceptron import MLPAutoencoder, MLPClassifier, MLPRegressor, PerceptronClassifier
from skperceptron._architecture import DenseSpec
from skperceptron._core.activations import Tanh
from skperceptron.export import to_c
from skperceptron.tabular import PiecewiseLinearEncoder, RobustClipScaler, TabularPreprocessor

pytestmark = unconverged


def few_unless_slow(values, *few):
    """Cases for parametrize, slow but for a few, because the compiler takes time for each."""
    return [
        value if str(value) in few else pytest.param(value, marks=pytest.mark.slow)
        for value in values
    ]


every_case = pytest.mark.parametrize(
    "case", few_unless_slow(CASES, "strings", "autoencoder", "poisson")
)
every_dtype = pytest.mark.parametrize(
    "dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)]
)


def assert_predicts(program, model, X, dtype):
    """All functions of the file compute what the methods compute."""
    names = program.functions
    last = model[-1] if hasattr(model, "steps") else model
    assert "predict" in names or "transform" in names
    for name in names:
        if name == "inverse_transform":
            codes = model.transform(X)
            assert_close(program(name, codes), model.inverse_transform(codes), dtype)
        elif name == "predict" and hasattr(last, "classes_"):
            assert_same_labels(program(name, X), model, last, X, dtype)
        else:
            assert_close(program(name, X), getattr(model, name)(X), dtype)


def assert_same_labels(found, model, last, X, dtype):
    """The labels are those of predict, but where two scores are equal but for rounding."""
    expected = model.predict(X)
    if expected.ndim == 2:
        differs = found != expected
        scores = np.abs(model.predict_proba(X) - 0.5)
    else:
        differs = last.classes_[found] != expected
        name = "predict_proba" if hasattr(model, "predict_proba") else "decision_function"
        scores = getattr(model, name)(X)
        if scores.ndim == 1:
            scores = np.abs(scores)
        else:
            highest = np.sort(scores, axis=1)
            scores = highest[:, -1] - highest[:, -2] if scores.shape[1] > 1 else highest[:, 0]
    assert differs.mean() < 0.01
    assert (scores[differs] < {"float32": 1e-4, "float64": 1e-11}[dtype]).all()


@needs_compiler
@every_case
@every_dtype
def test_every_function_is_the_method(case, dtype, tmp_path):
    model, X = fitted(case)
    assert_predicts(Program(to_c(model, dtype=dtype), tmp_path), model, X, dtype)


@needs_compiler
@pytest.mark.slow
def test_on_a_thousand_rows_labels_are_those_of_predict(tmp_path):
    X, y = digits()
    assert len(X) == 1000
    model = MLPClassifier((50,), learning_rate_init=0.01, max_iter=30, random_state=0).fit(X, y)
    program = Program(to_c(model), tmp_path)
    assert_array_equal(model.classes_[program("predict", X)], model.predict(X))


@needs_compiler
@pytest.mark.slow
def test_a_network_of_float32_is_a_file_of_floats(tmp_path):
    model, X = fitted("multiclass", "float32")
    source = to_c(model)
    assert "double" not in source
    assert_predicts(Program(source, tmp_path), model, X, "float32")


@needs_compiler
@pytest.mark.parametrize(
    "transformer",
    few_unless_slow(
        [
            StandardScaler(),
            StandardScaler(with_mean=False),
            StandardScaler(with_std=False),
            MinMaxScaler((-1, 1)),
            MinMaxScaler(clip=True),
            MaxAbsScaler(),
            RobustScaler(),
            RobustScaler(with_centering=False, with_scaling=False),
            RobustClipScaler(),
            PiecewiseLinearEncoder(4),
            PiecewiseLinearEncoder(3, feature_range=(-1, 1)),
            TabularPreprocessor(dtype="float64"),
            MLPAutoencoder((9, 4, 9), activation="tanh", max_iter=5, random_state=0),
            "passthrough",
        ],
        "StandardScaler()",
        "PiecewiseLinearEncoder(n_bins=4)",
    ),
    ids=str,
)
def test_pipelines(transformer, tmp_path):
    X, y = data("strings")
    model = make_pipeline(transformer, MLPClassifier((9,), max_iter=20, random_state=0)).fit(X, y)
    far = np.vstack([X, X * 5 - 10])  # values beyond those of fit too
    assert_predicts(Program(to_c(model), tmp_path), model, far, "float64")


@needs_compiler
@pytest.mark.parametrize(
    "scaler",
    few_unless_slow(
        [
            StandardScaler(),
            StandardScaler(with_mean=False),
            RobustScaler(),
            MinMaxScaler((-1, 1)),
            MaxAbsScaler(),
        ],
        "StandardScaler()",
    ),
    ids=str,
)
def test_transformed_targets(scaler, tmp_path):
    X, y = data("regression")
    network = MLPRegressor((9,), max_iter=20, random_state=0)
    model = TransformedTargetRegressor(make_pipeline(StandardScaler(), network), transformer=scaler)
    model.fit(X, 100 * y)
    assert_predicts(Program(to_c(model), tmp_path), model, X, "float64")


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("inverse_func", [None, np.exp, np.expm1, np.square])
def test_functions_of_targets(inverse_func, tmp_path):
    model, X = of_transformed_targets(inverse_func)
    assert_predicts(Program(to_c(model), tmp_path), model, X, "float64")


@needs_compiler
def test_transformers_alone_and_missing_values(tmp_path):
    X, _ = data("regression")
    X = X.copy()
    X[::7, 2] = np.nan
    scaler = RobustClipScaler().fit(X)
    assert_array_equal(np.isnan(scaler.transform(X)), np.isnan(X))
    found = Program(to_c(scaler), tmp_path)("transform", X)
    np.testing.assert_allclose(found, scaler.transform(X), rtol=1e-13, atol=1e-13)


@needs_compiler
def test_constant_columns_and_columns_without_values(tmp_path):
    X = np.column_stack(
        [np.full(9, 5.0), np.full(9, np.nan), np.arange(9.0), np.arange(9.0) * 1e305]
    )
    scaler = RobustClipScaler().fit(X)
    found = Program(to_c(scaler), tmp_path)("transform", X)
    np.testing.assert_allclose(found, scaler.transform(X), rtol=1e-13, atol=1e-13)


class TestTables:
    """Tables with categories, missing values, unknown levels and several networks."""

    @needs_compiler
    @pytest.mark.parametrize(
        "model",
        few_unless_slow(
            ["classes", "folds", "kinds", "labels", "numbers", "quantiles", "gaussian", "encoded"],
            "classes",
            "quantiles",
        ),
    )
    def test_every_function_is_the_method(self, model, tmp_path):
        estimator, X = table_model(model), rodents()[0][:1000]
        program = Program(to_c(estimator), tmp_path)
        rows = as_codes(estimator, X)
        # Weights are of float32, and all else is computed in float64 on both sides.
        if hasattr(estimator, "classes_"):
            found = program("predict_proba", rows)
            assert_close(found, estimator.predict_proba(X), "float32")
            assert_same_labels(program("predict", rows), estimator, estimator, X, "float32")
        elif hasattr(estimator, "predict"):
            assert_close(program("predict", rows), estimator.predict(X), "float32")
        else:
            assert_close(program("transform", rows), estimator.transform(X), "float32")
        if model == "quantiles":
            found = program("predict_quantiles", rows)
            assert_close(found, estimator.predict_quantiles(X), "float32")
        if model == "gaussian":
            found = program("predict_std", rows)
            assert_close(found, estimator.predict(X, return_std=True)[1], "float32")

    def test_the_comment_lists_codes(self):
        source = to_c(table_model("classes"))
        assert re.search(
            r"^ \* x\[3\] plot_type: code of the category: 0 'Control', ", source, re.M
        )
        assert re.search(r"^ \* x\[5\] weight: a number; NAN is missing$", source, re.M)


def as_codes(estimator, X):
    """Rows as the comment in the file says: categories as their places among the levels."""
    source = to_c(estimator)
    rows = np.empty(X.shape)
    for place, name in enumerate(X.columns):
        line = re.search(rf"^ \* x\[{place}\] {name}: (.*)$", source, re.M)[1]
        if line.startswith("a number"):
            rows[:, place] = X[name]
        else:
            listed = re.findall(r"(\d+) '([^']*)'", line)
            codes = {level: int(code) for code, level in listed}
            assert len(codes) == len(listed) > 1
            rows[:, place] = [codes.get(value, -1) for value in X[name]]
    return rows


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("case", ["strings", "multilabel", "autoencoder", "poisson", "quantiles"])
def test_no_access_is_out_of_bounds(case, tmp_path):
    """The sanitizers of the compiler end a program that does."""
    if case == "quantiles":
        model = table_model(case)
        X = as_codes(model, rodents()[0][:100])
        X[:, 2] = [1e9, -5.0, np.nan, 0.5] * 25  # no codes: all stand for a missing value
    else:
        model, X = fitted(case)
    options = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
    program = Program(to_c(model), tmp_path, options=options)
    for name in program.functions:
        rows = model.transform(X) if name == "inverse_transform" else X
        program(name, rows)


class TestTheFile:
    @needs_compiler
    @pytest.mark.slow
    def test_compiles_by_itself(self, tmp_path):
        """Nothing in it waits for a program that uses it."""
        for case in ("strings", "autoencoder", "outputs"):
            Program(to_c(fitted(case)[0]), tmp_path).compile("model.c", "-c")

    def test_two_files_can_be_in_one_program(self, tmp_path):
        """All names begin with the name of the model."""
        source = to_c(fitted("strings")[0], name="flowers")
        code = re.sub(r"/\*.*?\*/|\".*?\"", "", source, flags=re.S)
        kinds = r"(?:float|double|int|void|char|long long)"
        first = rf"^(?:static )?(?:const )?{kinds} (?:\*const )?(\w+)[(\[]"
        defined = re.findall(first, code, re.MULTILINE)
        assert len(defined) > 5
        assert all(name.startswith("flowers_") for name in defined)

    def test_is_plain_ascii_and_names_classes(self):
        model, _ = fitted("strings")
        source = to_c(model)
        assert source.isascii()
        assert r'"virg\303\255nica"' in source

    @needs_compiler
    @pytest.mark.parametrize(
        ("labels", "kind", "listed"),
        [
            ([-(2**63), 7], "long long", "-9223372036854775807 - 1, 7"),
            ([5, 2**64 - 1], "unsigned long long", "5, 18446744073709551615U"),
        ],
    )
    def test_whole_numbers_of_any_size_can_be_labels(self, labels, kind, listed, tmp_path):
        X, y = np.eye(2), np.array(labels, "int64" if min(labels) < 0 else "uint64")
        model = PerceptronClassifier(random_state=0).fit(X, y)
        source = to_c(model)
        assert f"const {kind} model_classes[2] = {{\n    {listed},\n}};" in source
        found = Program(source, tmp_path)("predict", X)
        assert_array_equal(model.classes_[found], model.predict(X))

    @pytest.mark.slow
    def test_allocates_nothing(self):
        for case in CASES:
            source = to_c(fitted(case)[0])
            assert not re.search(r"\b(malloc|calloc|realloc|alloca|free)\b", source)
            assert re.findall(r"#include .*", source) == ["#include <math.h>"]

    def test_equal_weights_are_there_once(self):
        model = MLPRegressor((3, 3), max_iter=1).fit(np.eye(3), np.arange(3.0))
        once = to_c(model)
        model.coefs_[1] = model.coefs_[0].copy()
        assert len(to_c(model)) < len(once)

    def test_edited_weights_are_written(self):
        model = MLPRegressor((), max_iter=1).fit(np.eye(2), np.arange(2.0))
        model.coefs_, model.intercepts_ = [np.array([[0.125], [3.0]])], [np.array([-7.5])]
        source = to_c(model)
        assert "0.125, 3.0," in source
        assert "-7.5," in source

    def test_names_of_columns_end_no_comment(self, tmp_path):
        X, y = data("regression")
        frame = pd.DataFrame(X[:, :2], columns=["a */ int b;", "/* ünder\nline ??/"])
        model = MLPRegressor((2,), max_iter=2, random_state=0).fit(frame, y)
        source = to_c(model)
        assert source.isascii()
        if needs_compiler.args[0]:
            return
        assert_close(
            Program(source, tmp_path)("predict", X[:, :2]), model.predict(frame), "float64"
        )


class Mine(Tanh):
    """An activation of the user's."""


class WithOwnLayer(MLPRegressor):
    def _layer_specs(self, n_features, n_scores):
        return (ScaleSpec(n_features), DenseSpec(n_features, n_scores))


class Rounded(MLPRegressor):
    def predict(self, X):
        return super().predict(X).round()


class Derived(MLPRegressor):
    """It predicts as its base does."""


class TestErrors:
    X, y = np.eye(4), np.arange(4.0)

    def test_an_activation_of_the_users_is_named(self):
        model = MLPRegressor((3,), Mine(), max_iter=1).fit(self.X, self.y)
        with pytest.raises(ValueError, match=r"to_c can't export the activation Mine.* your own"):
            to_c(model)

    def test_a_layer_of_the_users_is_named(self):
        model = WithOwnLayer(max_iter=1).fit(self.X, self.y)
        with pytest.raises(ValueError, match=r"to_c can't export the layer Scale"):
            to_c(model)

    def test_another_predict_is_refused(self):
        model = Rounded((3,), max_iter=1).fit(self.X, self.y)
        with pytest.raises(ValueError, match=r"can't export Rounded, whose predict is not that of"):
            to_c(model)

    @needs_compiler
    def test_a_derived_class_is_exported_as_its_base(self, tmp_path):
        model = Derived((3,), max_iter=5, random_state=0).fit(self.X, self.y)
        assert_predicts(Program(to_c(model), tmp_path), model, self.X, "float64")

    @needs_compiler
    @pytest.mark.slow
    def test_a_loss_of_the_users_plays_no_part(self, tmp_path):
        class Half:
            def values_and_gradient(self, scores, y):
                scores -= y
                values = (scores**2).sum(axis=1) / 4
                scores *= 0.5
                return values

        model = MLPRegressor((3,), loss=Half(), max_iter=5, random_state=0).fit(self.X, self.y)
        assert_predicts(Program(to_c(model), tmp_path), model, self.X, "float64")

    def test_other_estimators_are_named(self):
        model = make_pipeline(StandardScaler(), LogisticRegression())
        with pytest.raises(ValueError, match=r"to_c can't export LogisticRegression: it knows"):
            to_c(model.fit(self.X, [0, 1, 0, 1]))

    def test_other_transformers_of_targets_are_named(self):
        model = TransformedTargetRegressor(
            MLPRegressor(max_iter=1), func=np.sinh, inverse_func=np.arcsinh
        )
        with pytest.raises(ValueError, match=r"can't export inverse_func=arcsinh of a Transformed"):
            to_c(model.fit(self.X, self.y))
        model = TransformedTargetRegressor(MLPRegressor(max_iter=1), transformer=PowerTransformer())
        with pytest.raises(ValueError, match=r"with the transformer PowerTransformer: it knows"):
            to_c(model.fit(self.X, self.y))

    def test_unfitted(self):
        for model in (MLPClassifier(), make_pipeline(StandardScaler(), MLPClassifier())):
            with pytest.raises(NotFittedError):
                to_c(model)

    @pytest.mark.parametrize("name", ["", "a b", "1st", "float", "é", "a-b", None])
    def test_names_that_are_none_in_c(self, name):
        with pytest.raises(ValueError, match="name must be a name in C"):
            to_c(fitted("regression")[0], name=name)

    @pytest.mark.parametrize("dtype", ["float16", int])
    def test_other_types(self, dtype):
        with pytest.raises(ValueError, match="dtype must be 'float32', 'float64' or None"):
            to_c(fitted("regression")[0], dtype=dtype)

    @unconverged
    @pytest.mark.parametrize("label", ["a\0b", "\udc80"])
    def test_labels_that_are_no_strings_in_c(self, label):
        X = np.linspace(-1, 1, 20).reshape(-1, 1)
        y = np.array([label, "other"], dtype=object)[(X[:, 0] > 0).astype(int)]
        model = MLPClassifier((2,), max_iter=1, random_state=0).fit(X, y)
        with pytest.raises(ValueError, match=r"to_c can't write the label .* other labels"):
            to_c(model)
