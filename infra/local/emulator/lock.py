"""One lock around everything that touches moto's state: moto's backends are plain dictionaries and are not thread-safe.

Only long polls give it up while they wait (queues.py).
"""

import threading

MOTO = threading.RLock()
