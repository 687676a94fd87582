"""ONNX: converters of the estimators for skl2onnx, and ``to_onnx``, which registers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral, Number
from types import MappingProxyType
from typing import Any, ClassVar, cast

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._autoencoder import MLPAutoencoder
from .._core.formulas import Call, Constant, Formula
from .._core.types import Array
from .._inputs import is_missing
from ..tabular._regressor import TabularMLPRegressor
from ._describe import describe, exported_class
from ._transformers import inverse
from ._writer import Description, Function, Value, Writer, width_of

# Functions that ONNX has an operator for, by the name in formulas.
OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "absolute": "Abs",
        "add": "Add",
        "divide": "Div",
        "exp": "Exp",
        "is_missing": "IsNaN",
        "maximum": "Max",
        "minimum": "Min",
        "multiply": "Mul",
        "sqrt": "Sqrt",
        "subtract": "Sub",
        "tanh": "Tanh",
        "logistic": "Sigmoid",
        "where": "Where",
    }
)

# The operator that finds the code of a category: this version of it has the attributes used here.
LABEL_ENCODER: Mapping[str, Any] = MappingProxyType({"op_domain": "ai.onnx.ml", "op_version": 2})

# ONNX's numbers of types; strings have 8.
NUMBERS_OF_TYPES: Mapping[str, int] = MappingProxyType(
    {"float32": 1, "int64": 7, "bool": 9, "float64": 11}
)


class Tensor(Value):
    """A tensor (n, width), by its name and the type of its numbers."""

    def __init__(self, name: str, width: int, dtype: Any) -> None:
        self.name, self.width = name, width
        self.dtype: np.dtype[Any] = np.dtype(dtype)


class Table(Value):
    """The columns of a table: inputs of the model, each with one column or more."""

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        self.inputs = inputs
        # Of each column the input, and the place in that.
        self.places = [(tensor, place) for tensor in inputs for place in range(tensor.width)]
        self.width = len(self.places)


class OnnxWriter(Writer):
    """Adds nodes to the graph of a conversion by skl2onnx."""

    reader: ClassVar[str] = "to_onnx"

    def __init__(self, scope: Any, container: Any, dtype: Any) -> None:
        self._scope, self._container = scope, container
        self._dtype = np.dtype(dtype)  # of networks

    def compute(self, formula: Formula) -> Value:
        dtype = self._type_of(formula)
        known: dict[int, str] = {}
        width = width_of(formula)
        return Tensor(self._write(formula, dtype, known), width, dtype)

    def dense(self, x: Value, weight: Array, intercept: Array) -> Value:
        x = self._tensor(x)
        arrays = [self.constant(array, x.dtype) for array in (weight, intercept)]
        return Tensor(self.node("Gemm", [x.name, *arrays]), weight.shape[1], x.dtype)

    def join(self, values: Sequence[Value]) -> Value:
        tensors = [self._tensor(value) for value in values if value.width]
        if len(tensors) == 1:
            return tensors[0]
        names = [tensor.name for tensor in tensors]
        width = sum(tensor.width for tensor in tensors)
        return Tensor(self.node("Concat", names, axis=1), width, tensors[0].dtype)

    def take(self, x: Value, places: Sequence[int]) -> Value:
        if isinstance(x, Table):
            return self._numbers(x, places)
        x = self._tensor(x)
        if list(places) == list(range(x.width)):
            return x
        indices = self.constant(np.array(places), np.int64)
        return Tensor(self.node("Gather", [x.name, indices], axis=1), len(places), x.dtype)

    def ascending(self, x: Value) -> Value:
        x = self._tensor(x)
        number = self.constant(np.array([x.width]), np.int64)
        names = [self._scope.get_unique_variable_name(name) for name in ("ascending", "places")]
        self.write("TopK", [x.name, number], names, axis=1, largest=0, sorted=1)
        return Tensor(names[0], x.width, x.dtype)

    def highest(self, x: Value) -> Value:
        name = self.node("ArgMax", [self._tensor(x).name], axis=1, keepdims=1)
        return Tensor(name, 1, np.int64)

    def above(self, x: Value, bound: float) -> Value:
        x = self._tensor(x)
        name = self.node("Greater", [x.name, self.constant(np.array(bound), x.dtype)])
        return self.cast(Tensor(name, x.width, np.bool_), np.int64)

    def code(self, x: Value, place: int, levels: Sequence[Any]) -> Value:
        assert isinstance(x, Table)
        column = self._column(x, place)
        kind = str if column.dtype.kind in "OU" else Number
        known: dict[Any, int] = {
            level: i for i, level in enumerate(levels) if isinstance(level, kind)
        }
        if column.dtype.kind == "f" and known:
            return self._code_of_float(column, known, len(levels))
        if kind is Number:  # a level such as 0.5 is no whole number
            column = self.cast(column, np.int64)
            known = {int(level): i for level, i in known.items() if level % 1 == 0}
        if not known:
            return self._same_number(column, len(levels))
        keys = {"keys_strings" if kind is str else "keys_int64s": list(known)}
        values = {"values_int64s": list(known.values()), "default_int64": len(levels)}
        name = self.node("LabelEncoder", [column.name], **LABEL_ENCODER, **keys, **values)
        return Tensor(name, 1, np.int64)

    def _code_of_float(self, column: Tensor, known: dict[Any, int], missing: int) -> Value:
        """At most one level is equal; NaN is equal to none."""
        column = self.cast(column, np.float64)
        levels = self.constant(np.array([[float(level) for level in known]]), np.float64)
        equal = Tensor(self.node("Equal", [column.name, levels]), len(known), np.bool_)
        difference = np.array(list(known.values()), np.float64)[:, None] - missing
        offset = np.array([missing], np.float64)
        found = self.dense(self.cast(equal, np.float64), difference, offset)
        return self.cast(self._tensor(found), np.int64)

    def _same_number(self, column: Tensor, value: int) -> Tensor:
        """The same number for each row of a column."""
        shape = self.node("Shape", [column.name])
        number = np.array([value], np.int64)
        return Tensor(self.node("Expand", [self.constant(number, np.int64), shape]), 1, np.int64)

    def rows_of(self, table: Array, code: Value) -> Value:
        rows = self.constant(table, table.dtype)
        flat = self.node("Reshape", [self._tensor(code).name, self.constant([-1], np.int64)])
        return Tensor(self.node("Gather", [rows, flat], axis=0), table.shape[1], table.dtype)

    def exact(self, x: Value) -> Value:
        return self.cast(self._tensor(x), np.float64)

    def rounded(self, x: Value) -> Value:
        return self.cast(self._tensor(x), self._dtype)

    # The graph ---------------------------------------------------------------------------

    def matrix(self, inputs: Sequence[Tensor], dtype: Any) -> Value:
        """Inputs as one tensor of a type."""
        for tensor in inputs:
            if tensor.dtype.kind in "OU":
                raise ValueError(
                    f"to_onnx needs numbers in X, got strings in {tensor.name!r}: encode them in a "
                    "ColumnTransformer, or use an estimator of tables."
                )
        return self.join([self.cast(x, dtype) for x in inputs])

    def _column(self, table: Table, place: int) -> Tensor:
        """A column of a table, (n, 1)."""
        tensor, within = table.places[place]
        if tensor.width == 1:
            return tensor
        index = self.constant([within], np.int64)
        return Tensor(self.node("Gather", [tensor.name, index], axis=1), 1, tensor.dtype)

    def _numbers(self, table: Table, places: Sequence[int]) -> Value:
        """Columns of numbers, in double precision."""
        if len(table.inputs) == 1:
            return self.take(self.cast(table.inputs[0], np.float64), places)
        columns = [self._column(table, place) for place in places]
        for column in columns:
            if column.dtype.kind in "OU":
                raise ValueError(
                    f"to_onnx needs X as it was in fit: {column.name!r} holds strings, and was a "
                    "column of numbers."
                )
        return self.join([self.cast(column, np.float64) for column in columns])

    def rename(self, x: Tensor, name: str) -> None:
        """Have a result under another name."""
        self.write("Identity", [x.name], [name])

    def cast(self, x: Tensor, dtype: Any) -> Tensor:
        """The same numbers in another type."""
        if x.dtype == dtype:
            return x
        return Tensor(self.node("Cast", [x.name], to=_proto(dtype)), x.width, dtype)

    def node(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node with one output, and return the name of that."""
        name: str = self._scope.get_unique_variable_name(operator.lower())
        self.write(operator, inputs, [name], **attributes)
        return name

    def constant(self, values: Any, dtype: Any) -> str:
        """Add an array of constants, and return its name."""
        name: str = self._scope.get_unique_variable_name("constant")
        array = np.asarray(values)
        if np.dtype(dtype).kind in "OU":
            content: Any = [str(value).encode() for value in array.ravel()]
        else:
            content = array.astype(dtype).ravel()
        self._container.add_initializer(name, _proto(dtype), list(array.shape), content)
        return name

    def write(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any
    ) -> None:
        """Add a node."""
        name = self._scope.get_unique_operator_name(operator)
        self._container.add_node(operator, list(inputs), list(outputs), name=name, **attributes)

    # Formulas ----------------------------------------------------------------------------

    def _tensor(self, x: Value) -> Tensor:
        assert isinstance(x, Tensor)
        return x

    def _type_of(self, formula: Formula) -> np.dtype[Any]:
        """The widest type of the tensors in a formula."""
        if isinstance(formula, Tensor):
            return formula.dtype
        operands = formula.operands if isinstance(formula, Call) else ()
        types = [self._type_of(operand) for operand in operands]
        known = [dtype for dtype in types if dtype.kind == "f"]
        widest: np.dtype[Any] = np.result_type(*known) if known else np.dtype(np.bool_)
        return widest

    def _write(self, formula: Formula, dtype: np.dtype[Any], known: dict[int, str]) -> str:
        """Name of the result; each part of a formula is written once."""
        if id(formula) not in known:
            known[id(formula)] = self._write_anew(formula, dtype, known)
        return known[id(formula)]

    def _write_anew(self, formula: Formula, dtype: np.dtype[Any], known: dict[int, str]) -> str:
        if isinstance(formula, Tensor):
            return formula.name if formula.dtype == np.bool_ else self.cast(formula, dtype).name
        if isinstance(formula, Constant):
            return self.constant(np.asarray(formula.value), dtype)
        assert isinstance(formula, Call)
        function, operands = formula.function, formula.operands
        if function == "maximum" and _is_zero(operands[1]):
            return self.node("Relu", [self._write(operands[0], dtype, known)])
        names = [self._write(operand, dtype, known) for operand in operands]
        if function in OPERATORS:
            return self.node(OPERATORS[function], names)
        return cast(str, getattr(self, f"_{function}")(*names, dtype))

    def _number(self, value: float, dtype: Any) -> str:
        return self.constant(np.array(value), dtype)

    def _softmax(self, z: str, dtype: Any) -> str:
        return self.node("Softmax", [z], axis=1)

    def _expm1(self, z: str, dtype: Any) -> str:
        return self.node("Sub", [self.node("Exp", [z]), self._number(1.0, dtype)])

    def _softplus(self, z: str, dtype: Any) -> str:
        """In double precision onnxruntime has no operator for it."""
        if dtype == np.float32:
            return self.node("Softplus", [z])
        small = self.node("Exp", [self.node("Neg", [self.node("Abs", [z])])])
        rest = self.node("Log", [self.node("Add", [small, self._number(1.0, dtype)])])
        return self.node("Add", [self.node("Relu", [z]), rest])

    def _normal_cdf(self, z: str, dtype: Any) -> str:
        """In double precision onnxruntime has no operator for it: this is exact to 1e-7."""
        scaled = self.node("Mul", [z, self._number(np.sqrt(0.5), dtype)])
        single, double = _proto(np.float32), _proto(np.float64)
        is_double = dtype == np.float64
        error = self.node("Erf", [self.node("Cast", [scaled], to=single) if is_double else scaled])
        error = self.node("Cast", [error], to=double) if is_double else error
        one = self.node("Add", [error, self._number(1.0, dtype)])
        return self.node("Mul", [one, self._number(0.5, dtype)])


def _is_zero(formula: Formula) -> bool:
    return isinstance(formula, Constant) and np.ndim(formula.value) == 0 and formula.value == 0


def _proto(dtype: Any) -> int:
    """ONNX's number of a type."""
    dtype = np.dtype(dtype)
    return 8 if dtype.kind in "OU" else NUMBERS_OF_TYPES[dtype.name]


# Converters --------------------------------------------------------------------------------------

EXTRA = "all_outputs"  # the option that asks for outputs beside the one that pipelines read
PIPELINES = "pipelines"  # the option that lists the pipelines that end with a classifier

# Names of outputs, by the function.
OUTPUTS: Mapping[str, str] = MappingProxyType(
    {
        "predict": "prediction",
        "predict_quantiles": "quantiles",
        "predict_std": "std",
        "transform": "transformed",
        "inverse_transform": "reconstruction",
    }
)
CLASSIFIER_OPTIONS: Mapping[str, list[Any]] = MappingProxyType(
    {
        "zipmap": [True, False, "columns"],
        "output_class_labels": [False, True],
        "nocl": [True, False],
    }
)


def register(kind: type) -> None:
    """Tell skl2onnx how to convert a class of estimators, one of ours or derived from one."""
    from skl2onnx import update_registered_converter

    if issubclass(kind, ClassifierMixin):
        options: dict[str, Any] = {**CLASSIFIER_OPTIONS, EXTRA: [True, False]}
        if hasattr(kind, "decision_function"):
            options |= {"raw_scores": [True, False], PIPELINES: None}  # None: any value
        update_registered_converter(
            kind, _alias(kind), _classifier_types, _convert_classifier, options=options
        )
    else:
        update_registered_converter(
            kind,
            _alias(kind),
            _set_types,
            _convert,
            parser=_parse,
            options={EXTRA: [True, False]},
        )


def register_transformed_targets() -> None:
    """Tell skl2onnx how to convert scikit-learn's TransformedTargetRegressor."""
    from skl2onnx import update_registered_converter

    def parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
        operator = scope.declare_local_operator(_alias(TransformedTargetRegressor), model)
        operator.inputs = inputs
        operator.outputs.append(scope.declare_local_variable("prediction", _numbers_type(inputs)))
        return operator.outputs

    def set_types(operator: Any) -> None:
        n_rows = operator.inputs[0].get_first_dimension()
        n_outputs = operator.raw_operator.transformer_.n_features_in_
        operator.outputs[0].set_type(_numbers_type(operator.inputs, n_rows, n_outputs))

    def convert(scope: Any, operator: Any, container: Any) -> None:
        from skl2onnx._parse import _get_sklearn_operator_name

        model, inputs = operator.raw_operator, operator.inputs
        regressor = model.regressor_
        inner = scope.declare_local_operator(_get_sklearn_operator_name(type(regressor)), regressor)
        inner.inputs = inputs
        scaled = scope.declare_local_variable("scaled", _numbers_type(inputs))
        inner.outputs.append(scaled)
        writer = OnnxWriter(scope, container, np.float64)
        n_outputs = model.transformer_.n_features_in_
        x = writer.exact(Tensor(scaled.full_name, n_outputs, _type_of(scaled)))
        undo = inverse(model.transformer_, OnnxWriter.reader)
        _finish(writer, cast(Tensor, undo(writer, x)), operator.outputs[0])

    update_registered_converter(
        TransformedTargetRegressor,
        _alias(TransformedTargetRegressor),
        set_types,
        convert,
        parser=parse,
    )


def _alias(kind: type) -> str:
    return f"skperceptron.{kind.__qualname__}.{id(kind)}"


def _parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """Declare the outputs of an estimator without classes."""
    operator = scope.declare_local_operator(_alias(type(model)), model)
    operator.inputs = inputs
    kind = _type_of_outputs(scope, model, inputs)
    for function in _outputs(scope, model):
        name = _name_of(model, function)
        operator.outputs.append(scope.declare_local_variable(name, kind()))
    return operator.outputs


def _outputs(scope: Any, model: Any) -> list[Function]:
    """The functions whose results are outputs: one where others read the estimator's output."""
    functions = [f for f in describe(model, OnnxWriter.reader).functions if f.name in OUTPUTS]
    everything = scope.get_options(model, {EXTRA: False})[EXTRA]
    return functions if everything else functions[:1]


def _numbers_type(inputs: Any, *shape: Any) -> Any:
    """The type of an output of numbers: double precision if an input is."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    double = any(isinstance(variable.type, DoubleTensorType) for variable in inputs)
    return (DoubleTensorType if double else FloatTensorType)(list(shape) or None)


def _type_of_outputs(scope: Any, model: Any, inputs: Any) -> Any:
    """The class of the type of the outputs of an estimator without classes.

    A regressor of tables at the end of a model, whose targets may be too large for float32, has
    outputs in double precision unless X has columns of float32.
    """
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    at_the_end = scope.get_options(model, {EXTRA: False})[EXTRA]
    single = any(isinstance(variable.type, FloatTensorType) for variable in inputs)
    if isinstance(model, TabularMLPRegressor) and at_the_end and not single:
        return DoubleTensorType
    return type(_numbers_type(inputs))


def _set_types(operator: Any) -> None:
    n_rows = operator.inputs[0].get_first_dimension()
    scope, model = operator.scope_inst, operator.raw_operator
    kind = _type_of_outputs(scope, model, operator.inputs)
    for function, output in zip(_outputs(scope, model), operator.outputs, strict=True):
        output.set_type(kind([n_rows, function.n_outputs]))


def _classifier_types(operator: Any) -> None:
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType
    from skl2onnx.common.utils_classifier import get_label_classes

    n_rows = operator.inputs[0].get_first_dimension()
    description = describe(operator.raw_operator, OnnxWriter.reader)
    predict = description.function("predict")
    classes = get_label_classes(operator.scope_inst, operator.raw_operator)
    is_label = predict.kind == "class" and classes.dtype.kind in "OUT"
    label_type = StringTensorType if is_label else Int64TensorType
    label, other = operator.outputs
    label.set_type(
        label_type([n_rows, predict.n_outputs] if predict.kind == "labels" else [n_rows])
    )
    _, n_columns = _beside_label(operator.scope_inst, operator.raw_operator, description)
    other.set_type(_numbers_type(operator.inputs, n_rows, n_columns))


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the functions of an estimator without classes."""
    results = Results(scope, operator, container)
    functions = _outputs(scope, operator.raw_operator)
    for function, output in zip(functions, operator.outputs, strict=True):
        results.publish(function.name, output)


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Write the functions of a classifier: its label, and probabilities or scores."""
    from skl2onnx.common.utils_classifier import get_label_classes

    model = operator.raw_operator
    results = Results(scope, operator, container)
    writer, description = results.writer, results.description
    label, other = operator.outputs
    place = results.of("predict")
    if description.function("predict").kind == "class":
        classes = get_label_classes(scope, model)
        is_text = classes.dtype.kind in "OUT"
        labels = writer.constant(classes, np.str_ if is_text else np.int64)
        flat = writer.node("Reshape", [place.name, writer.constant([-1], np.int64)])
        place = Tensor(writer.node("Gather", [labels, flat], axis=0), 1, np.int64)
    writer.rename(place, label.full_name)
    name, n_columns = _beside_label(container, model, description)
    numbers = results.of(name)
    if n_columns > numbers.width:
        numbers = cast(Tensor, writer.join([writer.compute(-numbers), numbers]))
    _finish(writer, numbers, other)


def _beside_label(options: Any, model: Any, description: Description) -> tuple[str, int]:
    """The function whose result is beside the label, and how many columns that has.

    The converters of estimators around a classifier read a column for each class, of two classes
    too. They ask for raw scores of a classifier, or of the pipeline that the classifier ends:
    skl2onnx does not pass the latter on.
    """
    if not description.has("decision_function"):
        return "predict_proba", description.function("predict_proba").n_outputs
    known = options.get_options(model, {EXTRA: False, PIPELINES: ()})
    around = [model, *known[PIPELINES]]
    raw = any(options.get_options(each, {"raw_scores": False})["raw_scores"] for each in around)
    if raw or not description.has("predict_proba"):
        n_scores = description.function("decision_function").n_outputs
        one = n_scores == 1 and known[EXTRA] and not raw
        return "decision_function", 1 if one else max(n_scores, 2)
    return "predict_proba", description.function("predict_proba").n_outputs


class Results:
    """Results of the functions of an estimator, each of which is written once."""

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        from skl2onnx.common.data_types import DoubleTensorType

        self.description = description = describe(operator.raw_operator, OnnxWriter.reader)
        double = any(isinstance(variable.type, DoubleTensorType) for variable in operator.inputs)
        dtype = np.float64 if double and description.dtype == np.float64 else np.float32
        self.writer = OnnxWriter(scope, container, dtype)
        n_columns = [_n_columns(variable) for variable in operator.inputs]
        if len(n_columns) == 1:  # which skl2onnx does not always know
            n_columns = [description.functions[0].n_inputs]
        tensors = [
            Tensor(variable.full_name, width, _type_of(variable))
            for variable, width in zip(operator.inputs, n_columns, strict=True)
        ]
        rows: Value = Table(tensors)
        if not description.is_table:
            rows = self.writer.matrix(tensors, np.float64 if description.exact else dtype)
        self._rows, self._known = rows, dict[str, Tensor]()

    def of(self, name: str) -> Tensor:
        """The result of a function."""
        if name not in self._known:
            function = self.description.function(name)
            x = self._rows if function.of is None else self.of(function.of)
            self._known[name] = cast(Tensor, function.body(self.writer, x))
        return self._known[name]

    def publish(self, name: str, output: Any) -> None:
        """Make a result an output, which functions of that result read."""
        result, dtype = self.of(name), _type_of(output)
        if all(function.of != name for function in self.description.functions):
            _finish(self.writer, result, output)
            return
        # A node that skl2onnx does not remove: the model can be cut in two at this output.
        self.writer.write("Cast", [result.name], [output.full_name], to=_proto(dtype))
        own = Tensor(output.full_name, result.width, dtype)
        self._known[name] = self.writer.cast(own, result.dtype)


def _n_columns(variable: Any) -> int:
    width = variable.type.shape[1] if len(variable.type.shape) > 1 else None
    return 1 if width is None else int(width)


def _type_of(variable: Any) -> Any:
    from skl2onnx.common.data_types import guess_numpy_type

    return guess_numpy_type(variable.type)


def _finish(writer: OnnxWriter, x: Tensor, output: Any) -> None:
    """Make a result an output of the operator, in its type."""
    writer.rename(writer.cast(x, _type_of(output)), output.full_name)


# to_onnx -----------------------------------------------------------------------------------------


def to_onnx(estimator: Any, X: Any, *, target_opset: int | None = None) -> Any:
    """Convert a fitted estimator, or a pipeline that has some, to ONNX.

    The conversion is that of `skl2onnx <https://onnx.ai/sklearn-onnx/>`_, which this function tells
    of the estimators of this package. So pipelines, column transformers and the other estimators
    of scikit-learn that skl2onnx knows can be around them.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package, or one of scikit-learn that contains fitted ones. Of a
        search, such as :class:`~sklearn.model_selection.GridSearchCV`, the best estimator is
        converted.

    X : {array-like, data frame} of shape (n_samples, n_features)
        Rows such as the model is to predict: of these only the types and the names of columns are
        read. An array of numbers makes one input, ``X``. A data frame, or an array of objects,
        makes an input for each column.

        The model computes in float64 if X and the network do, and in float32 otherwise.

    target_opset : int or None, default=None
        Version of the set of ONNX operators. None is the newest that skl2onnx is tested with.

    Returns
    -------
    onnx.ModelProto
        The model. Its outputs are arrays with a row for each row of X:

        - classifiers: ``label`` and ``probabilities``, or ``scores`` where the loss is a hinge loss
          and for :class:`~skperceptron.PerceptronClassifier`;
        - regressors: ``prediction`` of shape (n_samples, n_outputs), and ``quantiles`` or ``std``
          of those of tables that predict these: in float64 for tables without columns of float32;
        - :class:`~skperceptron.MLPAutoencoder`: ``code`` and ``reconstruction``;
        - other transformers: ``transformed``.

        Where the last step is an estimator of scikit-learn, outputs have the names that skl2onnx
        gives them.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    ValueError
        If a part of the estimator has no ONNX form, such as an activation of your own, or if
        skl2onnx's converter of a part predicts something else. The message names the part.
        If X has other columns than in ``fit``.

    See Also
    --------
    to_c : Writes a fitted network down in C.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.export import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((32,), learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> onnx_model = to_onnx(model, X)  # doctest: +SKIP
    >>> [output.name for output in onnx_model.graph.output]  # doctest: +SKIP
    ['label', 'probabilities']
    """
    try:
        import skl2onnx
    except ImportError as error:
        raise ImportError(
            'to_onnx needs skl2onnx and onnx: pip install "skperceptron[onnx]".'
        ) from error
    check_is_fitted(estimator)
    while hasattr(estimator, "best_estimator_"):  # of a search
        estimator = estimator.best_estimator_
    initial_types = _initial_types(X)
    _check_columns(estimator, X)
    options: dict[Any, Any] = {}
    for part in _parts(estimator):
        if exported_class(type(part)) is not None:
            if _is_fitted(part):  # the parameters of a search need not be
                describe(part, OnnxWriter.reader)  # refuses what has no exported form
            register(type(part))
        if isinstance(part, TransformedTargetRegressor):
            if _is_fitted(part):
                inverse(part.transformer_, OnnxWriter.reader)
            register_transformed_targets()
        if isinstance(part, OneVsRestClassifier) and not hasattr(part, "predict_proba"):
            options.setdefault(id(part), {})["raw_scores"] = True
        _refuse_what_skl2onnx_changes(part)
        if isinstance(part, Pipeline):
            last = _path(part)[-1]
            if exported_class(type(last)) is not None and hasattr(last, "decision_function"):
                options.setdefault(id(last), {PIPELINES: []})[PIPELINES].append(part)
    for part in _path(estimator):
        if is_classifier(part):
            options.setdefault(id(part), {})["zipmap"] = False
    last, names = _path(estimator)[-1], None
    if exported_class(type(last)) is not None:
        options.setdefault(id(last), {})[EXTRA] = True
        if not isinstance(last, MLPAutoencoder):  # a copy of the code would be of no use to cut at
            names = [(name, None) for name in _output_names(last)]
    elif isinstance(last, TransformedTargetRegressor):
        names = [("prediction", None)]
    from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator

    try:
        with np.errstate(over="ignore"):  # numbers beyond float32 become infinite
            return skl2onnx.to_onnx(
                estimator,
                initial_types=initial_types,
                options=options,
                final_types=names,
                target_opset=target_opset,
            )
    except (MissingConverter, MissingShapeCalculator) as error:
        raise ValueError(
            f"to_onnx can't export a part of {type(estimator).__name__}, which skl2onnx has no "
            f"converter for: {str(error).splitlines()[0]}"
        ) from error


def _refuse_what_skl2onnx_changes(part: Any) -> None:
    """Refuse estimators of scikit-learn whose converters compute something else than predict."""
    name = type(part).__name__
    if isinstance(part, CalibratedClassifierCV) and part.method == "isotonic":
        raise ValueError(
            "to_onnx can't export CalibratedClassifierCV(method='isotonic'): skl2onnx's converter "
            "does not interpolate between the steps, so it changes probabilities. Calibrate with "
            "method='sigmoid'."
        )
    if isinstance(part, TunedThresholdClassifierCV):
        raise ValueError(
            f"to_onnx can't export {name}: skl2onnx's converter ignores the threshold. Export its "
            "estimator_, and compare the probability with best_threshold_."
        )
    bagging = isinstance(part, BaggingClassifier) and _is_fitted(part)
    if bagging and not hasattr(part.estimators_[0], "predict_proba"):
        raise ValueError(
            f"to_onnx can't export {name} of classifiers without predict_proba: skl2onnx's "
            "converter needs probabilities. Choose a loss that has predict_proba, such as "
            "'log_loss'."
        )
    one_versus_rest = isinstance(part, OneVsRestClassifier) and _is_fitted(part)
    if one_versus_rest and part.multilabel_ and not hasattr(part, "predict_proba"):
        raise ValueError(
            f"to_onnx can't export {name} of several labels around a classifier without "
            "predict_proba: skl2onnx's converter needs probabilities. Choose a loss that has "
            "predict_proba, such as 'log_loss'."
        )


def _is_fitted(estimator: Any) -> bool:
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def _parts(estimator: Any) -> Iterator[Any]:
    """An estimator and the estimators in it, at any depth."""
    seen: set[int] = set()
    waiting = [estimator]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        is_estimator = isinstance(part, BaseEstimator)
        if is_estimator:
            yield part
        # Parts of scikit-learn's estimators need not be estimators: calibrated classifiers are not.
        if (is_estimator and exported_class(type(part)) is None) or _is_private(part):
            waiting += vars(part).values()
        elif isinstance(part, list | tuple):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()


def _is_private(part: Any) -> bool:
    """Whether an object is of a class of scikit-learn's own that users do not make."""
    name = type(part).__name__
    is_sklearn = type(part).__module__.startswith("sklearn.")
    return is_sklearn and name.startswith("_") and hasattr(part, "__dict__")


def _path(estimator: Any) -> list[Any]:
    """An estimator, and what predicts at the end of the pipelines and searches in it."""
    if isinstance(estimator, Pipeline):
        return [estimator, *_path(estimator.steps[-1][1])]
    if hasattr(estimator, "best_estimator_"):
        return [estimator, *_path(estimator.best_estimator_)]
    return [estimator]


def _output_names(last: Any) -> list[str]:
    description = describe(last, OnnxWriter.reader)
    if description.classes is not None:
        return ["label", "probabilities" if description.has("predict_proba") else "scores"]
    return [_name_of(last, each) for each in description.functions if each.name in OUTPUTS]


def _name_of(model: Any, function: Function) -> str:
    """Name of the output that has the result of a function."""
    is_code = isinstance(model, MLPAutoencoder) and function.name == "transform"
    return "code" if is_code else OUTPUTS[function.name]


# Types of inputs ---------------------------------------------------------------------------------


def _initial_types(X: Any) -> list[tuple[str, Any]]:
    """Names and types of the inputs, as skl2onnx takes them."""
    from skl2onnx.common import data_types as types

    if hasattr(X, "columns") and not issparse(X):
        labels = [str(label) for label in X.columns]
        columns = [X[label] for label in X.columns]
        columns = [np.asarray(_plain(column)) for column in columns]
    else:
        array = X if issparse(X) else np.asarray(X)
        if array.ndim != 2:
            raise ValueError(f"X must have two dimensions, got the shape {array.shape}.")
        if array.dtype.kind != "O":
            shape = [None, array.shape[1]]
            kinds = {"f4": types.FloatTensorType, "U": types.StringTensorType}
            kind = kinds.get(array.dtype.str[1:], kinds.get(array.dtype.kind))
            default = types.DoubleTensorType if array.dtype.kind == "f" else types.Int64TensorType
            return [("X", (kind or default)(shape))]
        labels = [f"x{place}" for place in range(array.shape[1])]
        columns = list(array.T)
    if len(set(labels)) < len(labels):
        raise ValueError(f"X must have columns of different names, got {labels}.")
    kinds_of = [_kind(column, label) for column, label in zip(columns, labels, strict=True)]
    # skl2onnx takes the type of the first of several columns for all: numbers have one type.
    numbers = {kind for kind in kinds_of if kind != "string"}
    number = types.Int64TensorType if numbers == {"int"} else types.DoubleTensorType
    if "float32" in numbers and not numbers - {"int", "float32"}:
        number = types.FloatTensorType
    of_kind = {"string": types.StringTensorType}
    return [
        (label, of_kind.get(kind, number)([None, 1]))
        for label, kind in zip(labels, kinds_of, strict=True)
    ]


def _check_columns(estimator: Any, X: Any) -> None:
    """Refuse other columns than those of fit, of which a wrong model would be made."""
    if any(isinstance(part, ColumnTransformer) for part in _parts(estimator)):
        return  # takes columns by name, in any order, and need not take all
    expected = getattr(estimator, "n_features_in_", np.shape(X)[1])
    if np.shape(X)[1] != expected:
        raise ValueError(
            f"to_onnx needs X as it was in fit: expected {expected} columns, got {np.shape(X)[1]}."
        )
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or not hasattr(X, "columns"):
        return
    for place, (name, was) in enumerate(zip(X.columns, names, strict=True)):
        if name != was:
            raise ValueError(
                f"to_onnx needs X as it was in fit: column {place} is {name!r}, and was {was!r}."
            )


def _plain(column: Any) -> Any:
    """The values of a column of a data frame, as NumPy has them."""
    kind = getattr(column.dtype, "kind", "O")
    if isinstance(column.dtype, np.dtype) and kind in "biuf":
        return column.to_numpy()
    if kind in "biuf":  # of pandas, which may have missing values, in other rows too
        return column.to_numpy(np.float64, na_value=np.nan)
    listed = column.to_list()
    values = np.empty(len(listed), object)
    values[:] = listed
    return values


def _kind(column: Array, label: str) -> str:
    """What a column of a table holds: "string", "int", "float32" or "float64"."""
    if column.dtype.kind != "O":
        return {"f": str(column.dtype)}.get(column.dtype.kind, "int")
    present = [value for value in column.tolist() if not is_missing(value)]
    if all(isinstance(value, str) for value in present):
        return "string" if present else "float64"
    if all(isinstance(value, Number) for value in present):
        whole = all(isinstance(value, Integral) for value in present)
        return "int" if whole and len(present) == len(column) else "float64"
    kinds = sorted({type(value).__name__ for value in present})
    raise ValueError(
        f"to_onnx needs strings or numbers in a column of X, got {kinds} in {label!r}: a column of "
        "an ONNX model has one type."
    )
