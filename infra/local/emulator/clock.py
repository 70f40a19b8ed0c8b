"""Things that happen later: one thread that runs callbacks when they are due, holding moto's lock."""

import heapq
import itertools
import sys
import threading
import time
import traceback

from .lock import MOTO

_changed = threading.Condition()
_due = []
_order = itertools.count()


def later(seconds, callback):
    with _changed:
        heapq.heappush(_due, (time.monotonic() + seconds, next(_order), callback))
        _changed.notify()


def waiting():
    """How many callbacks are still to come."""
    with _changed:
        return len(_due)


def start():
    threading.Thread(target=_run, name="clock", daemon=True).start()


def _run():
    while True:
        with _changed:
            while not _due or _due[0][0] > time.monotonic():
                _changed.wait(_due[0][0] - time.monotonic() if _due else None)
            callback = _due[0][2]
        try:
            with MOTO:
                callback()
        except Exception:
            traceback.print_exc(file=sys.stderr)
        finally:
            # Removed only now, so that waiting() counts the one that runs.
            with _changed:
                _due.remove(next(item for item in _due if item[2] is callback))
                heapq.heapify(_due)
