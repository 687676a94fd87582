"""Prediction of one row, a hundred and ten thousand."""

from functools import partial

import numpy as np

from _figures import figure, lines
from _report import Section, Table, ratio_table, time_table, verdict
from _timing import looped, relative
from skperceptron import MLPClassifier

TEXT = (
    "`predict_proba` and `predict` in float32. scikit-learn's model is our `to_sklearn()`, "
    "and onnxruntime's is that one through skl2onnx; its one call computes labels and "
    "probabilities."
)
ROWS = (1, 100, 10_000)


def run(context):
    section = Section("Prediction", TEXT, of_pages=slice(1, 2))
    networks = _networks(context.data)
    timings, checks = {}, []
    for network, (model, X) in networks.items():
        converted, session = model.to_sklearn(), _onnx_session(context, model)
        checks.append([network, *_agreement(model, converted, session, X)])
        for method in ("predict_proba", "predict"):
            for n in ROWS:
                functions = _functions(method, X[:n], model, converted, session)
                case = f"{network}, {method}, {n} rows"
                loops = {name: looped(function) for name, function in functions.items()}
                timings[network, method, n] = context.compare(
                    "prediction",
                    case,
                    {name: calls for name, (calls, _) in loops.items()},
                    units={name: n_calls for name, (_, n_calls) in loops.items()},
                )
    by_case = {f"{net}, {method}, {n} rows": t for (net, method, n), t in timings.items()}
    section.tables = [
        time_table(by_case, "µs", 1e6, "A call"),
        ratio_table({case: relative(t) for case, t in by_case.items()}),
        Table(
            ["network", "scikit-learn", "onnxruntime"],
            checks,
            "Whether the probabilities are ours, and the largest difference.",
        ),
    ]
    _plot(context, section, list(networks), timings)
    return section


def _networks(data):
    """Two networks, and rows to predict."""
    shapes = {
        "784-100-10": (data.mnist, (100,)),
        "8-32-2": (data.california_classes(2), (32,)),
    }
    networks = {}
    for name, ((X, y), hidden) in shapes.items():
        X = X[: max(ROWS)].astype(np.float32)
        model = MLPClassifier(hidden, max_iter=5, random_state=0)
        networks[name] = model.fit(X, y[: max(ROWS)]), X
    return networks


def _onnx_session(context, model):
    if not context.optional("onnxruntime", "skl2onnx"):
        return None
    import onnxruntime
    import skl2onnx

    inputs = [("X", skl2onnx.common.data_types.FloatTensorType([None, model.n_features_in_]))]
    graph = skl2onnx.convert_sklearn(
        model.to_sklearn(), initial_types=inputs, options={"zipmap": False}
    )
    return onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def _functions(method, X, model, converted, session):
    functions = {
        "skperceptron": partial(getattr(model, method), X),
        "scikit-learn": partial(getattr(converted, method), X),
    }
    if session is not None:
        functions["onnxruntime"] = partial(session.run, None, {"X": X})
    return functions


def _agreement(model, converted, session, X):
    ours = model.predict_proba(X)
    cells = [verdict(np.abs(converted.predict_proba(X) - ours).max(), 1e-5)]
    if session is None:
        return [*cells, "absent"]
    return [*cells, verdict(np.abs(session.run(None, {"X": X})[1] - ours).max(), 1e-4)]


def _plot(context, section, networks, timings):
    with figure(context, section, "prediction", panels=len(networks), size=(9, 4)) as axes:
        if axes is None:
            return
        for ax, network in zip(axes, networks, strict=True):
            cases = [timings[network, "predict_proba", n] for n in ROWS]
            curves = {
                name: (ROWS, [case[name].median * 1e6 for case in cases]) for name in cases[0]
            }
            lines(ax, curves, "rows", "µs per call of predict_proba")
            ax.set_title(network)
        axes[0].legend(frameon=False)
