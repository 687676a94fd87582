"""skl2onnx, onnx and onnxruntime are an extra."""

import sys

import pytest

from helpers.exports import fitted
from helpers.marks import unconverged
from helpers.processes import run_python
from skperceptron.export import to_onnx

pytestmark = unconverged


def test_without_skl2onnx_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r'to_onnx needs .*pip install "skperceptron\[onnx\]"'):
        to_onnx(*fitted("regression"))


@pytest.mark.slow  # the process imports scikit-learn
def test_the_package_is_imported_without_any_of_them():
    code = "import sys, skperceptron.export; print(*sys.modules)"
    assert not {"onnx", "skl2onnx", "onnxruntime"} & set(run_python(code).split())
