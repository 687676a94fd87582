"""C: one file that computes what a fitted estimator predicts, and ``to_c``, which writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from .._core.formulas import Call, Constant, Formula
from .._core.types import Array
from ._describe import describe
from ._writer import Description, Function, Value, Writer, width_of

SUFFIX: Mapping[str, str] = MappingProxyType(
    {"float32": "f", "float64": ""}
)  # of literals and of functions in math.h
TYPE: Mapping[str, str] = MappingProxyType({"float32": "float", "float64": "double"})

NAME = r"[A-Za-z_]\w*"  # in C

KEYWORDS = frozenset(
    {"auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
     "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "main", "register",
     "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
     "union", "unsigned", "void", "volatile", "while"}
)  # fmt: skip

# How functions in formulas are written, with {f} the suffix and {n} the name of the model.
EXPRESSIONS: Mapping[str, str] = MappingProxyType(
    {
        "absolute": "fabs{f}({0})",
        "add": "({0} + {1})",
        "divide": "({0} / {1})",
        "exp": "exp{f}({0})",
        "expm1": "expm1{f}({0})",
        "is_missing": "isnan({0})",
        "maximum": "{n}_maximum({0}, {1})",
        "minimum": "{n}_minimum({0}, {1})",
        "multiply": "({0} * {1})",
        "sqrt": "sqrt{f}({0})",
        "subtract": "({0} - {1})",
        "tanh": "tanh{f}({0})",
        "logistic": "{n}_logistic({0})",
        "softplus": "{n}_softplus({0})",
        "normal_cdf": "{n}_normal_cdf({0})",
        "where": "({0} ? {1} : {2})",
    }
)

# Functions of the file's own, written where they are used; those that keep NaN name it first.
HELPERS: Mapping[str, str] = MappingProxyType(
    {
        "maximum": """static {T} {n}_maximum({T} z, {T} bound)
{{
    return bound > z ? bound : z;
}}
""",
        "minimum": """static {T} {n}_minimum({T} z, {T} bound)
{{
    return bound < z ? bound : z;
}}
""",
        "logistic": """static {T} {n}_logistic({T} z)
{{
    return 1.0{f} / (1.0{f} + exp{f}(-z));
}}
""",
        "softplus": """static {T} {n}_softplus({T} z)
{{
    return (z > 0.0{f} ? z : 0.0{f}) + log1p{f}(exp{f}(-fabs{f}(z)));
}}
""",
        "normal_cdf": """static {T} {n}_normal_cdf({T} z)
{{
    return 0.5{f} * erfc{f}(-0.70710678118654752{f} * z);
}}
""",
        "dense": """static void {n}_dense(const {T} *x, int n_inputs, const {T} *weight,
                     const {T} *intercept, int n_outputs, {T} *z)
{{
    for (int j = 0; j < n_outputs; ++j) {{
        {T} sum = 0.0{f};
        for (int i = 0; i < n_inputs; ++i)
            sum += x[i] * weight[j * n_inputs + i];
        z[j] = sum + intercept[j];
    }}
}}
""",
        "softmax": """static void {n}_softmax(const {T} *z, int n, {T} *a)
{{
    {T} highest = z[0], sum = 0.0{f};
    for (int i = 1; i < n; ++i)
        highest = z[i] > highest ? z[i] : highest;
    for (int i = 0; i < n; ++i) {{
        a[i] = exp{f}(z[i] - highest);
        sum += a[i];
    }}
    for (int i = 0; i < n; ++i)
        a[i] /= sum;
}}
""",
        "highest": """static int {n}_highest(const {T} *z, int n)
{{
    int place = 0;
    for (int i = 1; i < n; ++i)
        place = z[i] > z[place] ? i : place;
    return place;
}}
""",
        "ascending": """static void {n}_ascending(const {T} *z, int n, {T} *sorted)
{{
    for (int i = 0; i < n; ++i) {{
        int j = i;
        for (; j > 0 && sorted[j - 1] > z[i]; --j)
            sorted[j] = sorted[j - 1];
        sorted[j] = z[i];
    }}
}}
""",
        "code": """static int {n}_code({T} x, int n_levels)
{{
    return x >= 0.0{f} && x < ({T})n_levels ? (int)x : n_levels;
}}
""",
    }
)


class Buffer(Value):
    """An array of so many numbers, or of whole numbers."""

    def __init__(self, place: int, width: int, *, whole: bool = False) -> None:
        self.place, self.width, self.whole = place, width, whole

    @property
    def token(self) -> str:
        """What stands for its name, until it is known which array that is."""
        return f"@{self.place}@"


INPUT = 0  # place of the buffer that a function is given


class File:
    """What functions of a file share: its constants, and the helpers that they use."""

    def __init__(self, name: str, dtype: np.dtype[Any]) -> None:
        self.name, self.dtype = name, dtype
        self.type, self.suffix = TYPE[dtype.name], SUFFIX[dtype.name]
        self.arrays: dict[tuple[str, bytes], tuple[str, str]] = {}
        self.helpers: set[str] = set()

    def constants(self, values: Array, what: str) -> str:
        """Name of an array with these numbers, the same for the same numbers."""
        whole = values.dtype.kind == "i"
        values = np.ascontiguousarray(values, np.int64 if whole else self.dtype)
        key = values.dtype.str, values.tobytes()
        if key not in self.arrays:
            name = f"{self.name}_{what}_{len(self.arrays)}"
            kind = "int" if whole else self.type
            listed = [self.literal(value) for value in values.ravel()]
            text = _in_lines(f"static const {kind} {name}[{len(listed)}] = {{", listed, "};")
            self.arrays[key] = name, text
        return self.arrays[key][0]

    def literal(self, value: Any) -> str:
        """A number, so that C reads the same."""
        if isinstance(value, np.integer):
            return str(int(value))
        value = self.dtype.type(value)
        if np.isnan(value):
            return "NAN"
        if np.isinf(value):
            return "INFINITY" if value > 0 else "-INFINITY"
        return f"{str(value) if self.suffix else repr(float(value))}{self.suffix}"

    def helper(self, name: str) -> str:
        """Name of a function of the file's own."""
        self.helpers.add(name)
        return f"{self.name}_{name}"

    def written(self, template: str, *operands: str) -> str:
        """A template with the names of this file."""
        return template.format(*operands, n=self.name, T=self.type, f=self.suffix)


class CWriter(Writer):
    """Writes the statements of one function."""

    reader: ClassVar[str] = "to_c"

    def __init__(self, file: File) -> None:
        self._file = file
        self._buffers: list[Buffer] = []
        self.statements: list[str] = []

    def new(self, width: int, *, whole: bool = False) -> Buffer:
        """A buffer for a result."""
        self._buffers.append(Buffer(len(self._buffers), width, whole=whole))
        return self._buffers[-1]

    def compute(self, formula: Formula) -> Value:
        if isinstance(formula, Call) and formula.function == "softmax":
            x = self._buffer(self.compute(formula.operands[0]))
            return self._call("softmax", x, x.width)
        if isinstance(formula, Buffer):
            return formula
        result = self.new(width_of(formula))
        self._loop(result, self._expression(formula))
        return result

    def dense(self, x: Value, weight: Array, intercept: Array) -> Value:
        x, result = self._buffer(x), self.new(weight.shape[1])
        weights = self._file.constants(weight.T, "weight")
        intercepts = self._file.constants(intercept, "intercept")
        self.add(
            f"{self._file.helper('dense')}({x.token}, {x.width}, {weights}, {intercepts}, "
            f"{result.width}, {result.token});"
        )
        return result

    def join(self, values: Sequence[Value]) -> Value:
        parts = [self._buffer(value) for value in values if value.width]
        if len(parts) == 1:
            return parts[0]
        starts = list(accumulate((part.width for part in parts), initial=0))
        result = self.new(starts[-1])
        for part, start in zip(parts, starts, strict=False):
            self._loop(result, f"{part.token}[i]", start=start, width=part.width)
        return result

    def take(self, x: Value, places: Sequence[int]) -> Value:
        x = self._buffer(x)
        if list(places) == list(range(x.width)):
            return x
        result = self.new(len(places), whole=x.whole)
        if len(places) == 1:
            self.add(f"{result.token}[0] = {x.token}[{places[0]}];")
        else:
            listed = self._file.constants(np.array(places, np.int64), "places")
            self._loop(result, f"{x.token}[{listed}[i]]")
        return result

    def ascending(self, x: Value) -> Value:
        x = self._buffer(x)
        return self._call("ascending", x, x.width)

    def highest(self, x: Value) -> Value:
        x, result = self._buffer(x), self.new(1, whole=True)
        self.add(f"{result.token}[0] = {self._file.helper('highest')}({x.token}, {x.width});")
        return result

    def above(self, x: Value, bound: float) -> Value:
        x = self._buffer(x)
        result = self.new(x.width, whole=True)
        self._loop(result, f"{x.token}[i] > {self._file.literal(bound)}")
        return result

    def code(self, x: Value, place: int, levels: Sequence[Any]) -> Value:
        x, result = self._buffer(x), self.new(1, whole=True)
        code = self._file.helper("code")
        self.add(f"{result.token}[0] = {code}({x.token}[{place}], {len(levels)});")
        return result

    def rows_of(self, table: Array, code: Value) -> Value:
        code, result = self._buffer(code), self.new(table.shape[1])
        rows = self._file.constants(table, "table")
        self._loop(result, f"{rows}[{code.token}[0] * {result.width} + i]")
        return result

    def exact(self, x: Value) -> Value:
        return x

    def rounded(self, x: Value) -> Value:
        return x

    # Statements --------------------------------------------------------------------------

    def add(self, statement: str) -> None:
        """Write a statement, with the tokens of buffers for their names."""
        self.statements.append(statement)

    def body(self, result: Buffer, target: str | None) -> list[str]:
        """The lines of the function, with the result in ``target`` if that is an array.

        Results that are no longer needed make room for others.
        """
        if target is not None and result.place == INPUT:
            copy = self.new(result.width)
            self._loop(copy, f"{result.token}[i]")
            result = copy
        last = {}
        for line, statement in enumerate(self.statements):
            for token in re.findall(r"@(\d+)@", statement):
                last[int(token)] = line
        names = {INPUT: "x"}
        if target is not None:
            names[result.place] = target
        else:
            last[result.place] = len(self.statements)
        free: dict[bool, list[str]] = {False: [], True: []}
        sizes: dict[str, tuple[int, str]] = {}
        lines = []
        for line, statement in enumerate(self.statements):
            tokens = [int(token) for token in re.findall(r"@(\d+)@", statement)]
            for token in tokens:
                if token not in names:
                    buffer = self._buffers[token]
                    kind = "int" if buffer.whole else self._file.type
                    name = free[buffer.whole].pop() if free[buffer.whole] else f"b{len(sizes)}"
                    sizes[name] = max(buffer.width, sizes.get(name, (0, ""))[0]), kind
                    names[token] = name
            lines.append(re.sub(r"@(\d+)@", lambda found: names[int(found[1])], statement))
            for token in set(tokens):
                if last[token] == line and names[token] in sizes:
                    free[self._buffers[token].whole].append(names[token])
        declared = [f"static {kind} {name}[{size}];" for name, (size, kind) in sizes.items()]
        self.result_name = names[result.place]
        return declared + lines

    def _call(self, helper: str, x: Buffer, width: int) -> Buffer:
        result = self.new(width)
        self.add(f"{self._file.helper(helper)}({x.token}, {x.width}, {result.token});")
        return result

    def _loop(
        self, result: Buffer, expression: str, *, start: int = 0, width: int | None = None
    ) -> None:
        """Set each number of a buffer, or of a part of it."""
        width = result.width if width is None else width
        if width == 1:
            one = re.sub(r"\[i\]", "[0]", expression)
            one = re.sub(r" \+ i\]", "]", one)
            self.add(f"{result.token}[{start}] = {one};")
            return
        place = f"{start} + i" if start else "i"
        self.add(f"for (int i = 0; i < {width}; ++i)\n    {result.token}[{place}] = {expression};")

    def _expression(self, formula: Formula) -> str:
        """A formula in C, of the numbers at place i."""
        if isinstance(formula, Buffer):
            return f"{formula.token}[{'i' if formula.width > 1 else 0}]"
        if isinstance(formula, Constant):
            values = np.asarray(formula.value)
            if values.size == 1 or (values == values.flat[0]).all():
                return self._file.literal(values.flat[0])
            return f"{self._file.constants(values, 'constants')}[i]"
        assert isinstance(formula, Call)
        if formula.function in HELPERS:
            self._file.helper(formula.function)
        operands = [self._expression(operand) for operand in formula.operands]
        return self._file.written(EXPRESSIONS[formula.function], *operands)

    def _buffer(self, x: Value) -> Buffer:
        assert isinstance(x, Buffer)
        return x


# The file ----------------------------------------------------------------------------------------


def to_c(estimator: Any, *, name: str = "model", dtype: Any = None) -> str:
    """Write a fitted estimator down in C.

    The file is C99 and needs nothing but ``math.h``. It allocates no memory: weights are constants,
    and the buffers of layers are static arrays, whose size is known before it runs. So only one
    thread at a time may call its functions.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package, or a :class:`~sklearn.pipeline.Pipeline` of some of them
        and of :class:`~sklearn.preprocessing.StandardScaler`,
        :class:`~sklearn.preprocessing.MinMaxScaler`,
        :class:`~sklearn.preprocessing.MaxAbsScaler` and
        :class:`~sklearn.preprocessing.RobustScaler`.

    name : str, default='model'
        What the names in the file begin with.

    dtype : {'float32', 'float64'} or None, default=None
        Precision of weights and arithmetic: ``float`` or ``double``. None is that of the network,
        and float64 for tables, whose numbers may have more digits than float32 has.

    Returns
    -------
    str
        The file. Its functions have the names of the estimator's methods after ``name``, such as
        ``model_predict``. Each takes one row, an array of numbers:

        - ``model_predict`` of a classifier returns the place of the class in ``model_classes``; of
          several labels it writes a 1 or a 0 for each;
        - all other functions write their result to an array, or return it if it is one number;
        - ``model_predict_std`` is the standard deviation that ``predict(X, return_std=True)``
          returns beside the mean.

        A row of a table has a number for each column: NAN for a missing number, and for a category
        its code. The comment at the top of the file lists the codes.

        Functions do not check what they are given: missing or infinite values give results without
        meaning, but for missing values in tables.

    Raises
    ------
    ValueError
        If a part of the estimator has no form in C, such as an activation of your own or a label
        with a NUL in it. The message names it.

    See Also
    --------
    to_onnx : Converts pipelines with more kinds of steps to ONNX.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skperceptron import MLPClassifier
    >>> from skperceptron.export import to_c
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((32,), learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> source = to_c(model, dtype="float32")
    >>> [line for line in source.splitlines() if line.startswith("int model_predict")]
    ['int model_predict(const float x[4]);', 'int model_predict(const float x[4])']
    """
    if not isinstance(name, str) or not re.fullmatch(NAME, name, re.ASCII) or name in KEYWORDS:
        raise ValueError(f"name must be a name in C, such as 'model', got {name!r}.")
    if dtype not in (None, "float32", "float64", np.float32, np.float64):
        raise ValueError(f"dtype must be 'float32', 'float64' or None, got {dtype!r}.")
    description = describe(estimator, CWriter.reader)
    own = np.float64 if description.is_table else description.dtype
    file = File(name, np.dtype(own if dtype is None else dtype))
    with np.errstate(over="ignore"):  # numbers beyond float32 become infinite
        bodies = [_definition(file, description, function) for function in description.functions]
    helpers = [file.written(HELPERS[helper]) for helper in HELPERS if helper in file.helpers]
    parts = [
        _heading(file, estimator, description),
        "#include <math.h>\n",
        *_public(file, description),
        *(text for _, text in file.arrays.values()),
        *helpers,
        *bodies,
    ]
    return "\n".join(parts)


def _signature(file: File, function: Function) -> str:
    """The first line of a function: one number is returned, several are written to an array."""
    static = "static " if function.internal else ""
    x = f"const {file.type} x[{function.n_inputs}]"
    name = f"{file.name}_{function.name}"
    if function.kind == "class":
        return f"{static}int {name}({x})"
    if function.kind == "labels":
        return f"{static}void {name}({x}, int out[{function.n_outputs}])"
    if function.n_outputs == 1:
        return f"{static}{file.type} {name}({x})"
    return f"{static}void {name}({x}, {file.type} out[{function.n_outputs}])"


def _definition(file: File, description: Description, function: Function) -> str:
    """A whole function."""
    writer = CWriter(file)
    of_rows = _rows_of(description, function)
    x = writer.new(of_rows.n_inputs)
    if function.of is not None and function.takes_rows:
        earlier = description.function(function.of)
        result = writer.new(earlier.n_outputs)
        call = f"{file.name}_{earlier.name}({x.token}"
        one = earlier.n_outputs == 1
        writer.add(f"{result.token}[0] = {call});" if one else f"{call}, {result.token});")
        x = result
    value = function.body(writer, x)
    assert isinstance(value, Buffer)
    returned = function.kind == "class" or (function.kind == "numbers" and function.n_outputs == 1)
    lines = writer.body(value, None if returned else "out")
    if returned:
        lines.append(f"return {writer.result_name}[0];")
    body = "\n".join(lines).replace("\n", "\n    ")
    return f"{_signature(file, of_rows)}\n{{\n    {body}\n}}\n"


def _rows_of(description: Description, function: Function) -> Function:
    """The function as the file has it: of rows, unless the method takes something else."""
    if function.of is None or not function.takes_rows:
        return function
    return replace(
        function, n_inputs=_rows_of(description, description.function(function.of)).n_inputs
    )


def _public(file: File, description: Description) -> list[str]:
    """The classes, and the declarations of the functions that users call."""
    parts = []
    if description.classes is not None:
        parts.append(_classes(file, description.classes))
    declared = [
        f"{_signature(file, _rows_of(description, function))};"
        for function in description.functions
        if not function.internal
    ]
    return [*parts, "\n".join(declared) + "\n"]


def _classes(file: File, classes: Array) -> str:
    """An array of the classes."""
    if classes.dtype.kind in "OUT":
        kind = "char *const"
        labels = [str(label) for label in classes.tolist()]
        for label in labels:
            if "\0" in label or any("\ud800" <= each <= "\udfff" for each in label):
                raise ValueError(
                    f"to_c can't write the label {label!r} of y: a string in C ends at the first "
                    "NUL and has no surrogates. Fit on other labels, such as whole numbers."
                )
        listed = [_quoted(label) for label in labels]
    else:
        numbers = [int(label) for label in classes]
        kind = "unsigned long long" if max(numbers) >= 2**63 else "long long"
        listed = [_whole(number) for number in numbers]
    name = f"{file.name}_classes[{len(listed)}]"
    return _in_lines(f"const {kind} {name} = {{", listed, "};")


def _whole(number: int) -> str:
    """A whole number in C, where a minus is an operator: the lowest number needs a subtraction."""
    if number == -(2**63):
        return f"{number + 1} - 1"
    return f"{number}U" if number >= 2**63 else str(number)


def _quoted(text: str) -> str:
    """A string in C, of UTF-8."""
    plain = set(range(32, 127)) - set(b'"\\?')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'


def _heading(file: File, estimator: Any, description: Description) -> str:
    """A comment on what the file has, and on the columns of a row."""
    kind = type(estimator).__name__
    lines = [
        f"{kind}, exported by skperceptron. C99, without allocation; link with -lm.",
        "Each function takes one row. One thread at a time may call them.",
    ]
    first = description.functions[0]
    names = getattr(estimator, "feature_names_in_", None)
    levels = description.levels or {}
    if names is not None or levels:
        lines.append("")
        lines.append("The numbers of a row x:")
        for place in range(_rows_of(description, first).n_inputs):
            label = f" {names[place]}" if names is not None else ""
            if place in levels:
                codes = ", ".join(f"{i} {level!r}" for i, level in enumerate(levels[place]))
                rest = f"code of the category: {codes}; -1 missing or any other"
            else:
                rest = "a number" + ("; NAN is missing" if description.is_table else "")
            lines.append(f"x[{place}]{label}: {rest}")
    text = "\n".join(f" * {line}".rstrip() for line in map(_in_comment, lines))
    return f"/*\n{text}\n */\n"


def _in_comment(text: str) -> str:
    """A line that ends no comment and begins none."""
    text = text.replace("*/", "* /").replace("/*", "/ *")
    return " ".join(text.split()).encode("ascii", "backslashreplace").decode()


def _in_lines(first: str, items: Iterable[str], last: str) -> str:
    """Items in lines of a readable length."""
    lines, line = [first], "   "
    for item in items:
        if len(line) + len(item) > 98:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line, last, ""])
