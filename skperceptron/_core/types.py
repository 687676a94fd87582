"""The ground floor: names for the types that every other module speaks of."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
