"""
Batch normalisation speeds up training
======================================

See how batch normalisation speeds up the training of a deep network. Five hidden layers of logistic
units hardly learn in 30 epochs at a learning rate of 0.001. With batch normalisation the same
network has an accuracy above 0.9 after a few epochs, at either of two learning rates.

Without normalisation each layer passes on a smaller gradient than it gets. Batch normalisation
gives the inputs of every layer the same size.

The baselines on the same digits are logistic regression (0.969), gradient boosting (0.962) and
scikit-learn's network with one hidden layer (0.980). Of the four deep networks only the one with
batch normalisation and a rate of 0.001 is better (0.989).
"""

import warnings

import matplotlib.pyplot as plt
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skperceptron import MLPClassifier

# Training ends after 30 epochs, converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, stratify=y, random_state=0)

rates = (0.001, 0.01)
networks = {
    (batch_norm, rate): MLPClassifier(
        (50,) * 5,
        "logistic",
        batch_norm=batch_norm,
        learning_rate_init=rate,
        batch_size=50,
        max_iter=30,
        tol=0.0,
        n_iter_no_change=100,
        early_stopping=True,
        random_state=0,
    ).fit(X_train, y_train, X_val=X_val, y_val=y_val)
    for batch_norm in (False, True)
    for rate in rates
}

print(f"{'batch_norm':<12}{'rate':>7}{'accuracy after 5 epochs':>26}{'after 30':>10}")
for (batch_norm, rate), network in networks.items():
    scores = network.validation_scores_
    print(f"{batch_norm!s:<12}{rate:>7}{scores[4]:>26.3f}{scores[-1]:>10.3f}")

# Baselines on the same digits.
for name, baseline in {
    "logistic regression": LogisticRegression(max_iter=1000),
    "gradient boosting": HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.3, max_leaf_nodes=8, random_state=0
    ),
    "scikit-learn's MLP": neural_network.MLPClassifier(random_state=0),
}.items():
    accuracy = baseline.fit(X_train, y_train).score(X_val, y_val)
    print(f"{name:<22} accuracy {accuracy:.3f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
colours = {False: "#D55E00", True: "#0072B2"}
styles = dict(zip(rates, ("--", "-"), strict=True))
for (batch_norm, rate), network in networks.items():
    label = f"{'with' if batch_norm else 'without'}, learning rate {rate}"
    epochs = range(1, network.n_iter_ + 1)
    style = {"color": colours[batch_norm], "linestyle": styles[rate], "label": label}
    left.semilogy(epochs, network.loss_curve_, **style)
    right.plot(epochs, network.validation_scores_, **style)
left.set(title="Training loss", xlabel="epoch", ylabel="cross-entropy")
right.set(title="Held-out digits", xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02))
handles, labels = left.get_legend_handles_labels()
figure.legend(handles, labels, title="batch normalisation", loc="outside lower center", ncols=2)
plt.show()
