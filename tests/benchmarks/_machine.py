"""What the figures were measured on, and with."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import skperceptron

PACKAGES = [
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "jax",
    "jaxlib",
    "numba",
    "onnxruntime",
    "skl2onnx",
    "threadpoolctl",
]


def describe():
    """Machine, versions and revision, as strings by name."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "skperceptron": f"{skperceptron.__version__}, {revision()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "system": platform.platform(),
        "CPU": _cpu_model(),
        "cores": f"{_usable_cores()} of {os.cpu_count()}",
        "load average at the start": _load(),
        "thread pools": _thread_pools(),
    }


def revision():
    checkout = Path(skperceptron.__file__).parents[1]
    git = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not from a checkout"


def origin(packages):
    """What a line of results says of where it comes from: versions and revision."""
    versions = {"skperceptron": skperceptron.__version__}
    versions |= {name: version(name) for name in packages}
    return {"versions": versions, "revision": revision()}


def version(package):
    """Version of what is installed, or "absent"."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _cpu_model():
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _usable_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _load():
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _thread_pools():
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown, threadpoolctl is absent"
    return "; ".join(
        f"{pool['internal_api']} {pool.get('version') or ''} "
        f"{pool.get('architecture') or ''}, {pool['num_threads']} threads"
        for pool in threadpool_info()
    )
