"""Which cases of a grid of parameters to run where there is no time for all of them."""

from collections import Counter


def one_of_each(cases):
    """Return the positions of a few cases which have all values together that any case has.

    A case is a collection of hashable values. Each choice takes the case with the most values
    that are new, and of equal ones that with the values seen least.
    """
    remaining, seen, chosen = dict(enumerate(map(set, cases))), Counter(), []
    missing = set().union(*remaining.values())
    while missing:
        best = max(
            remaining,
            key=lambda i: (len(remaining[i] & missing), -sum(seen[v] for v in remaining[i])),
        )
        chosen.append(best)
        missing -= remaining[best]
        seen.update(remaining.pop(best))
    return chosen
