"""What every topic is given."""

import importlib
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from _data import Data
from _timing import alternate


@dataclass
class Context:
    data: Data
    repeats: int
    output: Path
    raw: dict = field(default_factory=dict)  # all figures, by topic and comparison
    absent: set[str] = field(default_factory=set)  # optional packages that are not installed

    def compare(self, topic, name, contestants, **how):
        """Time the contestants in alternation, and keep the raw figures."""
        start = time.perf_counter()
        timings = alternate(contestants, self.repeats, **how)
        self.keep(
            topic,
            name,
            {
                contestant: {"warm_up": timing.warm_up, "seconds": timing.seconds}
                for contestant, timing in timings.items()
            },
        )
        print(f"{topic}, {name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        return timings

    def keep(self, topic, name, figures):
        self.raw.setdefault(topic, {})[name] = figures

    def optional(self, *modules):
        """Whether they can all be imported; those that can't are named in the report."""
        missing = {name for name in modules if not _can_import(name)}
        self.absent |= missing
        return not missing


def _can_import(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
