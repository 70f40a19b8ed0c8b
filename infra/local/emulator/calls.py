"""The API call a thread is serving, and the log of the calls served."""

import collections
import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field

LOG_SIZE = 100_000


@dataclass
class Call:
    """One request, from its headers on; action and params are known once moto has dispatched it."""

    access_key: str = ""
    service: str = ""
    region: str = ""
    action: str = ""
    user_agent: str = ""
    source_ip: str = ""
    params: dict = field(default_factory=dict)
    status: int = 0
    error: str = ""
    error_message: str = ""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    body: str = ""
    # Makes the answer the caller gets in place of the true one.
    instead: object = None
    started: float = field(default_factory=time.time)


_thread = threading.local()
_log = collections.deque(maxlen=LOG_SIZE)
_sequence = itertools.count(1)
_lock = threading.Lock()

# Called with every finished Call, before its response is sent.
on_finished = []


def current():
    """The call this thread serves; an empty one for what happens by itself (timers)."""
    return getattr(_thread, "call", None) or Call()


def begin(call):
    _thread.call = call


def end():
    _thread.call = None


def finish(call):
    with _lock:
        _log.append(
            {
                "sequence": next(_sequence),
                "time": call.started,
                "accessKey": call.access_key,
                "service": call.service,
                "action": call.action,
                "region": call.region,
                "status": call.status,
                "error": call.error,
            }
        )


def since(sequence):
    with _lock:
        return [entry for entry in _log if entry["sequence"] > sequence]
