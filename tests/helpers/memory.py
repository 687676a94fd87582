"""How much memory something takes."""

import tracemalloc


def peak_memory(call):
    """Return the largest number of bytes that the call has held at once, of what it allocated."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
