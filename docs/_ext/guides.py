"""Which pages of the user guide are on each public name."""

# Pages of the user guide on each public name, to which its page of the API leads.
GUIDES = {
    "skperceptron.MLPAutoencoder": ["autoencoder", "training", "regularisation"],
    "skperceptron.MLPClassifier": ["networks", "training", "regularisation", "choosing"],
    "skperceptron.MLPRegressor": ["networks", "training", "regularisation", "choosing"],
    "skperceptron.PerceptronClassifier": ["perceptron"],
    "skperceptron.callbacks.Checkpoint": ["callbacks"],
    "skperceptron.callbacks.FitHistory": ["callbacks"],
    "skperceptron.callbacks.History": ["callbacks"],
    "skperceptron.callbacks.Metadata": ["callbacks"],
    "skperceptron.callbacks.ModelCheckpoint": ["callbacks"],
    "skperceptron.export.to_c": ["export"],
    "skperceptron.export.to_onnx": ["export"],
    "skperceptron.plotting.ActivationHistogramDisplay": ["plotting"],
    "skperceptron.plotting.DecisionBoundaryAnimation": ["plotting"],
    "skperceptron.plotting.LossCurveDisplay": ["plotting"],
    "skperceptron.plotting.LossSurfaceDisplay": ["plotting"],
    "skperceptron.plotting.NetworkDisplay": ["plotting"],
    "skperceptron.plotting.WeightHistogramDisplay": ["plotting"],
    "skperceptron.plotting.WeightImagesDisplay": ["plotting"],
    "skperceptron.plotting.training_path": ["plotting"],
    "skperceptron.tabular.PiecewiseLinearEncoder": ["tables"],
    "skperceptron.tabular.RobustClipScaler": ["tables"],
    "skperceptron.tabular.TabularMLPClassifier": ["tables"],
    "skperceptron.tabular.TabularMLPRegressor": ["tables"],
    "skperceptron.tabular.TabularPreprocessor": ["tables"],
}
