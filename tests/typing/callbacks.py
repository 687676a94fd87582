"""What a type checker makes of programs that use the callbacks. Nobody runs this."""

from pathlib import Path
from typing import Any, assert_type

import numpy as np

from skperceptron import PerceptronClassifier
from skperceptron.callbacks import Checkpoint, FitHistory, History, ModelCheckpoint

X = np.eye(4)
y = [0, 0, 1, 1]

history, checkpoint = History(), ModelCheckpoint(Path("best-{fit}.pkl"), monitor="loss")
network = PerceptronClassifier()
network.set_callbacks(history, checkpoint)
network.fit(X, y)  # within reach, so set_callbacks is not one that never returns

assert_type(history.fits, list[FitHistory])
assert_type(history.fits[0].epochs, list[dict[str, Any]])
assert_type(history.as_dict(), dict[str, list[Any]])
history.to_frame(["alpha"]).plot()
assert_type(checkpoint.kept, list[Checkpoint])
assert_type(checkpoint.last.value, float)
checkpoint.last.load().predict(X)

# These are wrong, and type checkers say so.
ModelCheckpoint(every="second")  # type: ignore[arg-type]
ModelCheckpoint(None, "loss")  # type: ignore[call-arg]
