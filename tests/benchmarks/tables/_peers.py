"""What the estimators of tables are compared with, beside gradient boosting."""

import contextlib
import io
import logging

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tables_dev import Trees, categories, predict

__all__ = ["PEERS", "CatBoostQuantiles"]


class Piped:
    """An estimator of scikit-learn behind imputation, one-hot columns and scaling."""

    def __init__(self, classifier, regressor):
        self.classifier, self.regressor = classifier, regressor

    def fit(self, X, y, seed):
        self.regression = y.dtype.kind == "f"
        names = categories(X)
        numbers = [name for name in X if name not in names]
        encode = OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist")
        columns = make_column_transformer(
            (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
            (encode, names),
            sparse_threshold=0,
        )
        self.mean, self.scale = (y.mean(), y.std()) if self.regression else (0, 1)
        last = (self.regressor if self.regression else self.classifier)(seed)
        target = (y - self.mean) / self.scale if self.regression else y
        self.model = make_pipeline(columns, last).fit(X, target)
        return self

    def predict(self, X):
        found = predict(self.model, X)
        return found * self.scale + self.mean if self.regression else found


class RealMLP:
    """RealMLP-TD of pytabkit with its defaults; those for log-loss without label smoothing."""

    def __init__(self, **for_classification):
        self.for_classification = for_classification

    def fit(self, X, y, seed):
        from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

        logging.getLogger("lightning").setLevel(logging.ERROR)
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        if y.dtype.kind == "f":
            model = RealMLP_TD_Regressor(device="cpu", n_threads=1, random_state=seed)
        else:
            model = RealMLP_TD_Classifier(
                device="cpu", n_threads=1, random_state=seed, **self.for_classification
            )
        # It neither imputes numbers nor takes missing categories.
        self.names = categories(X)
        self.means = X.drop(columns=self.names).mean()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            self.model = model.fit(self.convert(X), y, cat_col_names=self.names)
        return self

    def convert(self, X):
        numbers = {
            name: X[name].astype(float).fillna(self.means[name]) for name in self.means.index
        }
        return X.assign(**numbers, **{name: X[name].astype(str) for name in self.names})

    def predict(self, X):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return predict(self.model, self.convert(X))


class CatBoostQuantiles:
    """CatBoost's loss for several quantiles in one model."""

    def fit(self, X, y, seed):
        import catboost

        self.names = categories(X)
        model = catboost.CatBoostRegressor(
            loss_function="MultiQuantile:alpha=0.05,0.95",
            cat_features=self.names,
            verbose=False,
            thread_count=1,
            allow_writing_files=False,
            random_seed=seed,
        )
        self.model = model.fit(self.convert(X), y)
        return self

    def convert(self, X):
        return X.assign(**{name: X[name].astype(str) for name in self.names})

    def predict_interval(self, X):
        return np.sort(self.model.predict(self.convert(X)), axis=1)


PEERS = {
    "linear model": lambda: Piped(
        lambda seed: LogisticRegression(max_iter=1000), lambda seed: RidgeCV(np.logspace(-3, 3, 7))
    ),
    "scikit-learn's MLP": lambda: Piped(
        lambda seed: MLPClassifier(early_stopping=True, random_state=seed),
        lambda seed: MLPRegressor(early_stopping=True, random_state=seed),
    ),
    "random forest": lambda: Piped(
        lambda seed: RandomForestClassifier(random_state=seed),
        lambda seed: RandomForestRegressor(random_state=seed),
    ),
    "HistGradientBoosting": lambda: Trees("HistGradientBoosting"),
    "LightGBM": lambda: Trees("LightGBM"),
    "CatBoost": lambda: Trees("CatBoost"),
    "RealMLP-TD": lambda: RealMLP(),
    "RealMLP-TD for log-loss": lambda: RealMLP(use_ls=False, val_metric_name="cross_entropy"),
}
