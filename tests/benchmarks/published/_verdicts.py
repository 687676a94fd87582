"""How measured figures compare with published ones."""

import math
import statistics
from itertools import pairwise

from _report import Table
from _row import OURS


def mean_and_error(values):
    """Mean, and its standard error where there are several values."""
    mean = statistics.fmean(values)
    if len(values) == 1:
        return mean, math.nan
    return mean, statistics.stdev(values) / math.sqrt(len(values))


def measured(lines, case_name, contestant):
    return [line["score"] for line in _runs(lines, case_name, contestant)]


def differences(case, lines):
    """Of each run from the published figure of the same split."""
    runs = _runs(lines, case.name, case.contestant)
    return [line["score"] - case.by_seed[line["seed"]] for line in runs]


def _runs(lines, case_name, contestant):
    return [line for line in lines if (line["case"], line["contestant"]) == (case_name, contestant)]


def judged(row, lines):
    """By name of each case of ours with a published figure: how it compares with that figure.

    The published figure is taken for one more run. It is within noise if it is at most two
    standard deviations from the mean of our runs, where the deviation is that of the difference
    between one run and the mean of n, s √(1 + 1 / n), or if it differs by half of its last digit.
    One run has no deviation. Where the figures of the same splits are published, the mean of the
    differences is within noise if it is at most two of its standard errors from 0.
    """
    verdicts = {}
    for case in row.cases:
        if case.contestant != OURS or case.published is None:
            continue
        scores = measured(lines, case.name, OURS)
        if not scores:
            verdicts[case.name] = "not computed"
            continue
        if case.by_seed:
            ahead, deviation = mean_and_error(differences(case, lines))
        else:
            mean, error = mean_and_error(scores)
            # Of the difference between one run and the mean of n: s √(1 + 1 / n) = error √(n + 1).
            ahead, deviation = mean - case.published, error * math.sqrt(len(scores) + 1)
        ahead = ahead if row.greater_is_better else -ahead
        rounding = 0.5 * 10**-row.digits + 1e-9
        noise = rounding if math.isnan(deviation) else max(2 * deviation, rounding)
        if abs(ahead) <= noise:
            verdicts[case.name] = "within noise"
        elif len(scores) == 1:
            verdicts[case.name] = "one run, better" if ahead > 0 else "one run, worse"
        else:
            verdicts[case.name] = "better" if ahead > 0 else "worse"
    return verdicts


def in_order(row, lines):
    """For each two neighbours of the claimed orders with results: their names, and if it holds."""
    case = {case.name: case for case in row.cases}
    means = {}
    for name, each in case.items():
        scores = measured(lines, name, each.contestant)
        if scores:
            means[name] = statistics.fmean(scores) * (1 if row.greater_is_better else -1)
    return [
        (better, worse, means[better] > means[worse])
        for order in row.order
        for better, worse in pairwise(name for name in order if name in means)
    ]


def summary(rows):
    """A line for each row of its verdicts. ``rows`` are Row and lines by number."""
    table = []
    for number, (row, lines) in rows.items():
        text = ""
        if row.order and lines:
            pairs = in_order(row, lines)
            kept = sum(holds for *_, holds in pairs)
            text = f"order as published in {kept} of {len(pairs)} pairs" if pairs else ""
            if sum(map(len, row.order)) - len(row.order) > len(pairs):
                text = ", ".join(part for part in (text, "not all computed yet") if part)
        elif lines:
            text = ", ".join(_counts(judged(row, lines).values()))
        n_runs = [len(measured(lines, name, OURS)) for name in _compared(row)]
        runs = str(min(n_runs)) if min(n_runs) == max(n_runs) else f"{min(n_runs)}–{max(n_runs)}"
        table.append([f"{number}. {row.title}", runs, text or "not computed yet"])
    return Table(["row", "runs of each case", "compared with the published figures"], table)


def _compared(row):
    """Names of our cases that are compared with something that is published."""
    return [
        case.name
        for case in row.cases
        if case.contestant == OURS and (case.published is not None or case.name in row.ordered)
    ]


def _counts(verdicts):
    verdicts = list(verdicts)
    return [f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts)]
