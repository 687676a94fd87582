"""Every golden file can be read, continued and repeated; and the harness sees what can't be."""

import json
import pickle

import numpy as np
import pytest

from golden_cases import CASES, FILES, TOLERANCE, check_new_fit, check_pickle, write

RECORDS = sorted(FILES.glob("*/*.json"))
every_record = pytest.mark.parametrize(
    "path",
    RECORDS
    or [pytest.param(None, marks=pytest.mark.skip("the first files come with the next layout"))],
    ids=lambda path: path and f"{path.parent.name}/{path.stem}",
)


@every_record
def test_an_old_pickle_predicts_and_goes_on(path):
    check_pickle(path)


@every_record
def test_a_new_fit_comes_to_the_old_numbers(path):
    check_new_fit(path)


class TestHarness:
    """On files that are made here and now."""

    @pytest.mark.parametrize("name", CASES)
    def test_files_just_made_are_as_they_should_be(self, name, tmp_path):
        write(name, tmp_path)
        check_pickle(tmp_path / f"{name}.json")
        check_new_fit(tmp_path / f"{name}.json")

    @pytest.fixture(params=["classifier-adam-early", "regressor-lbfgs", "perceptron"])
    def path(self, request, tmp_path):
        write(request.param, tmp_path)
        return tmp_path / f"{request.param}.json"

    @pytest.mark.parametrize("part", ["fitted", "continued"])
    @pytest.mark.parametrize("factor", [1 + 0.1 * TOLERANCE, 1 + 10 * TOLERANCE])
    def test_a_number_that_has_changed_is_found(self, path, part, factor):
        record = json.loads(path.read_text("utf-8"))
        numbers = record[part]
        name = "coefs_" if "coefs_" in numbers else "coef_"
        largest = int(np.argmax(np.abs(numbers[name])))
        numbers[name][largest] *= factor
        path.write_text(json.dumps(record), "utf-8")
        for check in (check_pickle, check_new_fit):
            if factor - 1 < TOLERANCE:
                check(path)
            else:
                with pytest.raises(AssertionError, match=f"{name}"):
                    check(path)

    def test_a_label_that_has_changed_is_found(self, tmp_path):
        write("perceptron", tmp_path)
        path = tmp_path / "perceptron.json"
        path.write_text(path.read_text("utf-8").replace('"low"', '"top"', 1), "utf-8")
        for check in (check_pickle, check_new_fit):
            with pytest.raises(AssertionError, match="predict"):
                check(path)

    def test_a_pickle_that_goes_on_in_another_way_is_found(self, tmp_path):
        write("classifier-sgd", tmp_path)
        pickled = tmp_path / "classifier-sgd.pickle"
        model = pickle.loads(pickled.read_bytes())
        model._training_state.optimizer.moments *= 0.5  # predictions are what they were
        pickled.write_bytes(pickle.dumps(model))
        with pytest.raises(AssertionError, match="pickle, continued"):
            check_pickle(tmp_path / "classifier-sgd.json")

    def test_a_pickle_of_another_version_must_say_so(self, tmp_path):
        write("perceptron", tmp_path)
        path = tmp_path / "perceptron.json"
        record = json.loads(path.read_text("utf-8"))
        record["versions"]["skperceptron"] = "0.0.0"
        path.write_text(json.dumps(record), "utf-8")
        with pytest.raises(AssertionError, match="another version"):
            check_pickle(path)
