"""The numerical core: backpropagation in NumPy. It knows nothing of scikit-learn."""
