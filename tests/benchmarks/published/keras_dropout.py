"""Keras' example mnist_mlp.py: two hidden layers with dropout, trained by RMSprop."""

from _row import Case, Row
from skperceptron import MLPClassifier

N_EPOCHS = 20


def _run(data, seed):
    X, y, X_test, y_test = data.scaled_mnist
    # Keras drops outputs of hidden layers and divides the others by the share that is kept, as we
    # do. Its RMSprop has a decay of 0.9 and an epsilon of 1e-7 outside the root. Its Dense layers
    # start with Glorot's uniform weights and intercepts of 0, and have no penalty.
    model = MLPClassifier(
        (512, 512),
        solver="rmsprop",
        learning_rate_init=0.001,
        beta_2=0.9,
        epsilon=1e-7,
        dropout=0.2,
        alpha=0,
        weight_init="glorot_uniform",
        batch_size=128,
        max_iter=N_EPOCHS,
        tol=None,
        random_state=seed,
    )
    return {"score": 100 * model.fit(X, y).score(X_test, y_test)}


ROW = Row(
    title="Dropout in Keras' example",
    source="Keras, `examples/mnist_mlp.py`, its docstring",
    read="seen",
    protocol="MNIST, pixels / 255 as float32, 784-512-512-10 with ReLU, dropout of 0.2 after each "
    "hidden layer, RMSprop with learning rate 0.001, batches of 128, 20 epochs.",
    score="Test accuracy in %",
    digits=2,
    cases=(Case("784-512-512-10, dropout 0.2", _run, 98.40, n_seeds=3),),
)
