"""
Transfer: few labels, many images
=================================

Train an autoencoder on 1347 digits without labels, put a classifier on its encoder, and train it
on a few labelled digits.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skperceptron import MLPAutoencoder, MLPClassifier

# The networks are trained for a fixed number of epochs.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
images, test, labels, test_labels = train_test_split(
    np.float32(X / 16), y, stratify=y, random_state=0
)

# All images, no labels. Pixels are lost at random, so that the codes do not rely on single ones.
autoencoder = MLPAutoencoder(
    (128, 64, 128),
    bottleneck=1,
    input_dropout=0.3,
    output_activation="logistic",
    learning_rate_init=0.01,
    learning_rate="one_cycle",
    batch_size=50,
    max_iter=60,
    random_state=0,
).fit(images)

network = MLPClassifier(
    (128, 64),
    activation=("relu", "identity"),
    solver="lbfgs",
    alpha=1.0,
    max_iter=100,
    random_state=0,
)
