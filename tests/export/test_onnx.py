"""to_onnx: what onnxruntime computes is what the methods compute, on real rows."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_transformer,
)
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

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
from skperceptron.export import to_onnx
from skperceptron.tabular import (
    PiecewiseLinearEncoder,
    RobustClipScaler,
    TabularMLPRegressor,
    TabularPreprocessor,
)

WHY = "skl2onnx OR onnxruntime IS NOT INSTALLED: ONNX MODELS WERE NOT COMPARED"


onnxruntime = pytest.importorskip("onnxruntime", reason=WHY)
onnx = pytest.importorskip("onnx", reason=WHY)
pytest.importorskip("skl2onnx", reason=WHY)

pytestmark = unconverged

every_case = pytest.mark.parametrize("case", CASES)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)


def run(model, X):
    """Outputs of an ONNX model by their names."""
    running = session(model)
    inputs = running.get_inputs()
    feed = {"X": np.asarray(X)}
    if hasattr(X, "columns"):
        kinds = {
            "tensor(double)": np.float64,
            "tensor(float)": np.float32,
            "tensor(int64)": np.int64,
        }
        feed = {}
        # skl2onnx writes _ for what is no letter or digit in a name.
        for each, name in zip(inputs, X.columns, strict=True):
            assert each.name.startswith(re.split(r"\W", name)[0])
            column = X[name]
            if each.type == "tensor(string)":
                values = column.astype(object).where(column.notna(), "").to_numpy(object)
            else:
                values = column.to_numpy().astype(kinds[each.type])
            feed[each.name] = values.reshape(-1, 1)
    names = [output.name for output in running.get_outputs()]
    return dict(zip(names, running.run(names, feed), strict=True))


METHODS = {
    "probabilities": "predict_proba",
    "scores": "decision_function",
    "prediction": "predict",
    "code": "transform",
    "transformed": "transform",
    "quantiles": "predict_quantiles",
}


def assert_predicts(found, model, X, dtype):
    """All outputs are what the methods return; labels may differ where two scores are equal."""
    assert found
    for name, values in found.items():
        if name == "label":
            expected = model.predict(X)
            assert values.shape == expected.shape
            differs = values != expected
            assert differs.mean() < 0.01
            if differs.any():
                assert differs.ndim == 1
                scores = next(v for k, v in found.items() if k != "label")[differs]
                scores = np.sort(np.hstack([scores, -scores]) if scores.shape[1] == 1 else scores)
                limit = {"float32": 1e-4, "float64": 1e-11}[dtype]
                assert (scores[:, -1] - scores[:, -2] < limit).all()
        elif name == "std":
            assert_close(values, model.predict(X, return_std=True)[1], dtype)
        elif name == "reconstruction":
            last = model[-1] if hasattr(model, "steps") else model
            assert_close(values, last.inverse_transform(model.transform(X)), dtype)
        else:
            assert_close(values, getattr(model, METHODS[name])(X), dtype)


def precision(case, dtype):
    """onnxruntime has the error function in float32 only."""
    return "float32" if "gelu" in case else dtype


@every_case
@every_dtype
def test_every_output_is_the_method(case, dtype):
    model, X = fitted(case)
    X = X.astype(dtype)
    found = run(to_onnx(model, X), X)
    for values in found.values():
        assert values.dtype.kind != "f" or values.dtype == dtype
    assert_predicts(found, model, X, precision(case, dtype))


@every_case
def test_a_network_of_float32_computes_in_it(case):
    model, X = fitted(case, "float32")
    converted = to_onnx(model, X.astype("float64"))
    types = {tensor.data_type for tensor in converted.graph.initializer}
    assert onnx.TensorProto.DOUBLE not in types
    assert_predicts(run(converted, X.astype("float64")), model, X, "float32")


@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_any_number_of_rows(n_rows):
    for case in ("strings", "multilabel", "outputs", "autoencoder", "perceptron, binary"):
        model, X = fitted(case)
        for values in run(to_onnx(model, X[:1]), X[:n_rows]).values():
            assert len(values) == n_rows


def test_batch_norm_is_folded():
    model, X = fitted("classifier, relu")
    operators = [node.op_type for node in to_onnx(model, X).graph.node]
    assert "BatchNormalization" not in operators
    assert operators.count("Gemm") == 3
    assert operators.count("Relu") == 2


def test_names_and_shapes_of_outputs():
    for case, names in {
        "multiclass": ["label", "probabilities"],
        "hinge": ["label", "scores"],
        "perceptron": ["label", "scores"],
        "regression": ["prediction"],
        "autoencoder": ["code", "reconstruction"],
    }.items():
        assert [output.name for output in to_onnx(*fitted(case)).graph.output] == names
    found = run(to_onnx(*fitted("regression")), fitted("regression")[1])
    assert found["prediction"].shape == (442, 1)


def test_a_decoder_is_cut_out_of_an_autoencoder():
    model, X = fitted("autoencoder")
    converted = onnx.utils.Extractor(to_onnx(model, X)).extract_model(["code"], ["reconstruction"])
    codes = model.transform(X)
    (found,) = session(converted).run(None, {"code": codes})
    assert_close(found, model.inverse_transform(codes), "float64")


@pytest.mark.parametrize("opset", [13, 15, 18, 21])
def test_older_sets_of_operators(opset):
    for case in ("multiclass", "outputs", "autoencoder"):
        model, X = fitted(case)
        converted = to_onnx(model, X, target_opset=opset)
        assert [each.version for each in converted.opset_import if not each.domain] == [opset]
        onnx.checker.check_model(converted)
        assert_predicts(run(converted, X), model, X, "float64")


class TestPipelines:
    @pytest.mark.parametrize("target", ["binary", "multiclass", "strings", "multilabel"])
    @every_dtype
    def test_scaler(self, target, dtype):
        X, y = data(target)
        model = make_pipeline(StandardScaler(), MLPClassifier((9,), max_iter=9, random_state=0))
        model.fit(X, y)
        X = X.astype(dtype)
        assert_predicts(run(to_onnx(model, X), X), model, X, dtype)

    @pytest.mark.parametrize(
        "transformer",
        [
            MinMaxScaler(),
            RobustClipScaler(),
            PiecewiseLinearEncoder(4),
            MLPAutoencoder((9, 4, 9), max_iter=5, random_state=0),
            TabularPreprocessor(),
        ],
        ids=str,
    )
    @every_dtype
    def test_transformers(self, transformer, dtype):
        X, y = data("strings")
        model = make_pipeline(transformer, MLPClassifier((9,), max_iter=9, random_state=0)).fit(
            X, y
        )
        far = np.vstack([X, X * 5 - 10]).astype(dtype)
        # The preprocessor's matrix is of float32.
        exact = isinstance(transformer, TabularPreprocessor)
        assert_predicts(run(to_onnx(model, far), far), model, far, "float32" if exact else dtype)

    @pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler((-1, 1))], ids=str)
    @every_dtype
    def test_transformed_targets(self, scaler, dtype):
        for target in ("regression", "outputs"):
            X, y = data(target)
            network = MLPRegressor((9,), max_iter=20, random_state=0)
            model = TransformedTargetRegressor(
                make_pipeline(StandardScaler(), network), transformer=scaler
            )
            X = X.astype(dtype)
            found = run(to_onnx(model.fit(X, 100 * y), X), X)
            assert list(found) == ["prediction"]
            assert_predicts(found, model, X, dtype)

    def test_a_search_and_an_autoencoder_at_the_end(self):
        X, y = data("binary")
        pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=9, random_state=0))
        search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 1.0]}, cv=2).fit(X, y)
        assert_predicts(run(to_onnx(search, X), X), search, X, "float64")
        encoder = make_pipeline(StandardScaler(), MLPAutoencoder((3,), max_iter=5)).fit(X)
        assert_predicts(run(to_onnx(encoder, X), X), encoder, X, "float64")

    def test_a_column_transformer_and_missing_values(self):
        """As many data frames are: whole and real numbers, and strings, in one pipeline."""
        X, y = rodents()
        X = X.assign(sex=X["sex"].fillna("unknown"))
        # onnxruntime fills missing numbers in float32 only.
        X = X.astype({"weight": "float32", "hindfoot_length": "float32"})
        numbers = make_pipeline(SimpleImputer(), StandardScaler())
        encoder = make_column_transformer(
            (
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ["plot", "plot_type", "sex"],
            ),
            # A whole number first: of several columns skl2onnx takes the first one's type.
            (numbers, ["year", "month", "weight", "hindfoot_length"]),
        )
        model = make_pipeline(encoder, MLPClassifier((20,), max_iter=5, random_state=0)).fit(X, y)
        converted = to_onnx(model, X)
        assert [each.name for each in converted.graph.input] == X.columns.tolist()
        # skl2onnx computes one-hot columns in float32, and the numbers beside them.
        assert_predicts(run(converted, X), model, X, "float32")

    def test_data_frames_of_numbers(self):
        X, y = data("regression")
        frame = pd.DataFrame(X, columns=[f"column {i}" for i in range(X.shape[1])])
        for dtype in ("float32", "float64"):
            typed = frame.astype(dtype)
            model = MLPRegressor((5,), max_iter=5, random_state=0).fit(typed, y)
            found = run(to_onnx(model, typed), typed)
            assert_predicts(found, model, typed, dtype)

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda model: VotingClassifier(
                [("a", model), ("b", LogisticRegression())], voting="soft", flatten_transform=False
            ),
            lambda model: StackingClassifier([("a", model), ("b", LogisticRegression())], cv=2),
            lambda model: OneVsRestClassifier(model),
            lambda model: CalibratedClassifierCV(model, cv=2),
        ],
        ids=["voting", "stacking", "one against the rest", "calibrated"],
    )
    @pytest.mark.parametrize("target", ["binary", "strings"])
    def test_in_estimators_of_scikit_learn(self, wrap, target):
        X, y = data(target)
        model = wrap(MLPClassifier((9,), max_iter=9, random_state=0)).fit(X, y)
        found = list(run(to_onnx(model, X), X).values())
        assert_array_equal(found[0], model.predict(X))
        if hasattr(model, "predict_proba"):
            # skl2onnx computes parts of these in float32.
            assert_close(found[1], model.predict_proba(X), "float32")

    @pytest.mark.parametrize(
        "wrap",
        [
            OneVsRestClassifier,
            lambda model: CalibratedClassifierCV(model, cv=2),
            lambda model: VotingClassifier([("a", model)], flatten_transform=False),
        ],
        ids=["one against the rest", "calibrated", "voting"],
    )
    @pytest.mark.parametrize(
        "model",
        [
            MLPClassifier((9,), loss="hinge", max_iter=9, random_state=0),
            PerceptronClassifier(max_iter=9, random_state=0),
            MLPClassifier((9,), max_iter=9, random_state=0),
        ],
        ids=["hinge", "perceptron", "probabilities"],
    )
    @pytest.mark.parametrize("in_a_pipeline", [False, True])
    @pytest.mark.parametrize("target", ["binary", "strings"])
    def test_raw_scores_in_estimators_of_scikit_learn(self, wrap, model, in_a_pipeline, target):
        """They read two columns of scores, and raw scores of a pipeline's last step."""
        X, y = data(target)
        inner = make_pipeline(StandardScaler(), model) if in_a_pipeline else model
        outer = wrap(inner).fit(X, y)
        found = list(run(to_onnx(outer, X), X).values())
        assert_array_equal(found[0], outer.predict(X))
        if isinstance(outer, CalibratedClassifierCV):
            assert_close(found[1], outer.predict_proba(X), "float32")

    def test_a_random_search(self):
        X, y = data("binary")
        pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=9, random_state=0))
        search = RandomizedSearchCV(
            pipeline, {"mlpclassifier__alpha": [1e-4, 1.0]}, n_iter=2, cv=2, random_state=0
        )
        search.fit(X, y)
        assert_predicts(run(to_onnx(search, X), X), search, X, "float64")

    def test_transformed_targets_in_a_search_and_in_an_ensemble(self):
        """The estimators that these are made of are not fitted themselves."""
        X, y = data("regression")
        network = MLPRegressor((9,), max_iter=9, random_state=0)
        model = TransformedTargetRegressor(network, transformer=StandardScaler())
        for around in (GridSearchCV(model, {}, cv=2), VotingRegressor([("a", model)])):
            (found,) = run(to_onnx(around.fit(X, y), X), X).values()
            assert_close(found, around.predict(X), "float64")

    def test_a_network_that_stacks_regressors(self):
        X, y = data("regression")
        network = MLPRegressor((9,), max_iter=9, random_state=0)
        model = StackingRegressor([("a", Ridge())], final_estimator=network, cv=2).fit(X, y)
        (found,) = run(to_onnx(model, X), X).values()
        assert_close(found, model.predict(X), "float32")  # skl2onnx stacks in float32

    @pytest.mark.parametrize("inverse_func", [None, np.exp, np.expm1, np.square])
    @every_dtype
    def test_functions_of_targets(self, inverse_func, dtype):
        model, X = of_transformed_targets(inverse_func)
        assert_predicts(run(to_onnx(model, X.astype(dtype)), X.astype(dtype)), model, X, dtype)


class TestTables:
    @pytest.mark.parametrize(
        "model",
        ["classes", "folds", "kinds", "labels", "numbers", "quantiles", "gaussian", "encoded"],
    )
    def test_every_output_is_the_method(self, model):
        estimator, X = table_model(model), rodents()[0]
        X = X.assign(plot=X["plot"].where(X.index % 9 > 0, "no such plot"))
        found = run(to_onnx(estimator, X), X)
        if model == "quantiles":
            assert list(found) == ["prediction", "quantiles"]
        if model == "gaussian":
            assert list(found) == ["prediction", "std"]
        assert_predicts(found, estimator, X, "float32")

    def test_categories_that_are_numbers(self):
        X, y = rodents()
        numbers = X[["year", "month", "weight", "hindfoot_length"]].assign(half=X["month"] / 2)
        preprocessor = TabularPreprocessor(categorical_features=[1, 4], random_state=0)
        preprocessor.fit(numbers, y)
        for rows in (numbers, numbers.astype({"month": float})):
            found = run(to_onnx(preprocessor, rows), rows)["transformed"]
            assert_close(found, preprocessor.transform(rows), "float32")
        whole = numbers[["year", "month"]]
        preprocessor = TabularPreprocessor(categorical_features=[1]).fit(whole)
        converted = to_onnx(preprocessor, whole)
        assert converted.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.INT64
        assert_close(run(converted, whole)["transformed"], preprocessor.transform(whole), "float32")

    def test_an_array_of_numbers_is_one_input(self):
        X, _ = digits()
        preprocessor = TabularPreprocessor(categorical_features=[0, 10], n_bins=4).fit(X)
        converted = to_onnx(preprocessor, X)
        assert [each.name for each in converted.graph.input] == ["X"]
        assert_close(run(converted, X)["transformed"], preprocessor.transform(X), "float32")

    def test_columns_that_may_have_missing_values(self):
        """Rows with missing values need not be among those that to_onnx is given."""
        numbers = pd.array([1, 2, None, 4] * 5, dtype="Int64")
        flags = pd.array([True, None, False, True] * 5, dtype="boolean")
        X = pd.DataFrame({"number": numbers, "flag": flags})
        preprocessor = TabularPreprocessor(min_frequency=1).fit(X)
        converted = to_onnx(preprocessor, X[:1])
        for name in X:
            X[name] = X[name].astype("float64")  # as the model is to be given them
        expected = preprocessor.transform(X.astype({"flag": object}))
        assert_close(run(converted, X)["transformed"], expected, "float32")

    def test_targets_beyond_float32(self):
        """X has no numbers that say which precision is wanted."""
        X, y = rodents()
        X = X[["plot_type", "sex"]]
        y = np.where(y == "Dipodomys merriami", 1e300, -1e300)
        quick = {"max_iter": 1, "hidden_layer_sizes": 4, "random_state": 0}
        for parameters in ({}, {"quantiles": (0.1, 0.5)}, {"loss": "gaussian"}):
            model = TabularMLPRegressor(**quick, **parameters).fit(X, y)
            assert_predicts(run(to_onnx(model, X), X), model, X, "float32")

    def test_booleans_are_categories(self):
        X, _ = rodents()
        X = X[["weight"]].assign(heavy=(X["weight"] > 40).to_numpy())
        preprocessor = TabularPreprocessor().fit(X)
        found = run(to_onnx(preprocessor, X), X)["transformed"]
        assert_close(found, preprocessor.transform(X), "float32")

    def test_an_array_of_objects_has_an_input_for_each_column(self):
        frame, y = rodents()
        X = frame.to_numpy(object)
        model = clone(table_model("classes")).fit(X, y)
        converted = to_onnx(model, X)
        assert [each.name for each in converted.graph.input] == [f"x{i}" for i in range(X.shape[1])]
        renamed = frame.set_axis([f"x{i}" for i in range(X.shape[1])], axis=1)
        found = run(converted, renamed)
        assert_close(found["probabilities"], model.predict_proba(X), "float32")


class Mine(Tanh):
    """An activation of the user's."""


class WithOwnLayer(MLPRegressor):
    def _layer_specs(self, n_features, n_scores):
        return (ScaleSpec(n_features), DenseSpec(n_features, n_scores))


class Derived(MLPClassifier):
    """It predicts as its base does."""


class TestErrors:
    X, y = np.eye(4), np.arange(4.0)

    def test_an_activation_of_the_users_is_named(self):
        network = MLPRegressor((3,), Mine(), max_iter=1)
        for model in (network, make_pipeline(StandardScaler(), network)):
            with pytest.raises(ValueError, match=r"to_onnx can't export the activation Mine"):
                to_onnx(model.fit(self.X, self.y), self.X)

    def test_a_layer_of_the_users_is_named(self):
        model = WithOwnLayer(max_iter=1).fit(self.X, self.y)
        with pytest.raises(ValueError, match=r"to_onnx can't export the layer Scale"):
            to_onnx(model, self.X)

    def test_a_derived_class_is_exported_as_its_base(self):
        X, y = data("strings")
        model = make_pipeline(StandardScaler(), Derived((5,), max_iter=3)).fit(X, y)
        assert_predicts(run(to_onnx(model, X), X), model, X, "float64")

    def test_what_skl2onnx_does_not_know_is_named(self):
        class Other(MinMaxScaler):
            pass

        model = make_pipeline(Other(), MLPClassifier(max_iter=1)).fit(self.X, [0, 1, 0, 1])
        with pytest.raises(ValueError, match=r"to_onnx can't export .*Other"):
            to_onnx(model, self.X)

    def test_a_function_of_the_users_is_named(self):
        model = TransformedTargetRegressor(
            MLPRegressor(max_iter=1), func=np.sinh, inverse_func=np.arcsinh
        )
        with pytest.raises(ValueError, match="to_onnx can't export inverse_func=arcsinh"):
            to_onnx(model.fit(self.X, self.y), self.X)

    @pytest.mark.parametrize(
        ("wrap", "message"),
        [
            (lambda m: CalibratedClassifierCV(m, method="isotonic", cv=2), "method='isotonic'"),
            (lambda m: TunedThresholdClassifierCV(m, cv=2), "TunedThresholdClassifierCV: .*thresh"),
            (lambda m: BaggingClassifier(m), "BaggingClassifier .* without predict_proba"),
        ],
    )
    def test_what_skl2onnx_would_change_is_refused(self, wrap, message):
        X, y = data("binary")
        model = wrap(MLPClassifier((3,), loss="hinge", max_iter=1)).fit(X, y)
        for each in (model, make_pipeline(StandardScaler(), model).fit(X, y)):
            with pytest.raises(ValueError, match=message):
                to_onnx(each, X)

    def test_several_labels_without_probabilities(self):
        X, y = data("multilabel")
        model = OneVsRestClassifier(MLPClassifier((3,), loss="hinge", max_iter=1)).fit(X, y)
        with pytest.raises(ValueError, match="OneVsRestClassifier of several labels"):
            to_onnx(model, X)

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            to_onnx(MLPClassifier(), self.X)

    def test_columns_of_several_types(self):
        X = pd.DataFrame({"a": [1, "one", 2], "b": [1.0, 2.0, 3.0]})
        preprocessor = TabularPreprocessor(min_frequency=1).fit(X)
        with pytest.raises(ValueError, match=r"strings or numbers .*\['int', 'str'\] in 'a'"):
            to_onnx(preprocessor, X)

    def test_strings_for_a_network(self):
        X = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]})
        model = MLPRegressor((2,), max_iter=1).fit(X, [1.0, 2.0])
        with pytest.raises(ValueError, match=r"to_onnx needs numbers in X, got strings in 'b'"):
            to_onnx(model, X.assign(b=["x", "y"]))

    def test_shapes(self):
        with pytest.raises(ValueError, match="X must have two dimensions"):
            to_onnx(fitted("regression")[0], np.zeros(3))

    def test_other_columns_than_in_fit(self):
        frame = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]})
        network = MLPRegressor((2,), max_iter=1).fit(frame, [1.0, 2.0])
        scaled = make_pipeline(StandardScaler(), clone(network)).fit(frame, [1.0, 2.0])
        for model in (network, scaled):
            with pytest.raises(ValueError, match="expected 2 columns, got 3"):
                to_onnx(model, np.zeros((1, 3)))
            with pytest.raises(ValueError, match="expected 2 columns, got 1"):
                to_onnx(model, frame[["a"]])
            with pytest.raises(ValueError, match="column 0 is 'b', and was 'a'"):
                to_onnx(model, frame[["b", "a"]])

    def test_a_column_transformer_takes_columns_in_any_order(self):
        frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0], "c": [0.0, 0.0]})
        scaler = ColumnTransformer([("scaler", StandardScaler(), ["a", "b"])])
        model = make_pipeline(scaler, MLPRegressor((2,), max_iter=1)).fit(frame, [1.0, 2.0])
        for X in (frame, frame[["c", "b", "a"]], frame[["b", "a"]]):
            inputs = {name: X[[name]].to_numpy() for name in X}
            session = onnxruntime.InferenceSession(to_onnx(model, X).SerializeToString())
            (prediction,) = session.run(["prediction"], inputs)
            assert_allclose(prediction[:, 0], model.predict(X), rtol=1e-12)


def test_sparse_rows_say_how_many_columns_there_are():
    model, X = fitted("multiclass")
    converted = to_onnx(model, sparse.csr_array(X))
    assert_predicts(run(converted, X), model, X, "float64")


def test_the_estimator_is_left_as_it_was():
    model, X = fitted("multiclass")
    before = dict(vars(model))
    to_onnx(model, X)
    assert vars(model) == before


def test_label_of_a_hinge_loss_is_that_of_predict():
    model, X = fitted("squared hinge, binary")
    found = run(to_onnx(model, X), X)
    assert_array_equal(found["label"], model.predict(X))
    assert found["scores"].shape == (len(X), 1)
    assert re.search("scores", str(to_onnx(model, X).graph.output))
