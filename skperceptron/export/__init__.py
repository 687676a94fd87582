"""Fitted estimators in other languages: ONNX models and C files."""

from ._c import to_c
from ._onnx import to_onnx

__all__ = ["to_c", "to_onnx"]
