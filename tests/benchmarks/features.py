"""What dropout, batch norm, L1 and norm balls add to a plain step."""

from functools import partial

from _figures import dots, figure
from _report import Section, ratio_table, time_table
from _timing import relative
from _workloads import WORKLOADS
from skperceptron import MLPClassifier

TEXT = (
    "Each feature alone, against the same fit without. The norm balls are too large to ever "
    "be left: what is measured is the check."
)
PLAIN = "plain"
FEATURES = {
    PLAIN: {},
    "dropout 0.5": {"dropout": 0.5},
    "batch_norm": {"batch_norm": True},
    "l1_ratio 1": {"l1_ratio": 1.0},
    "max_norm, order 2": {"max_norm": 1e6, "max_norm_order": 2},
    "max_norm, order 1": {"max_norm": 1e6, "max_norm_order": 1},
}


def run(context):
    section = Section("Features", TEXT)
    timings = {}
    for workload in WORKLOADS:
        X, y = workload.load(context.data)
        contestants = {
            name: partial(MLPClassifier(**workload.parameters() | parameters).fit, X, y)
            for name, parameters in FEATURES.items()
        }
        timings[workload] = context.compare(
            "features", str(workload), contestants, units=workload.epochs
        )
    against = {workload: relative(case, PLAIN) for workload, case in timings.items()}
    section.tables = [
        time_table(timings, caption="An epoch"),
        ratio_table(against, "Time / time of the plain fit in the same round"),
    ]
    with figure(context, section, "features", size=(8.5, 6)) as axes:
        if axes is not None:
            dots(axes[0], against, "time / time of the plain fit", "the plain fit")
    return section
