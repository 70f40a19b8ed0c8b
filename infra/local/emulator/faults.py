"""Failures that a test ordered: the next n matching calls fail, before or after they take effect."""

import threading
from dataclasses import dataclass

# The error that is no error: the call takes effect (or not) and its connection ends without a response.
CONNECTION_LOST = "ConnectionLost"

# Codes that AWS answers with another status than 400.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_STATUS = {
    "RequestLimitExceeded": 503,
    "Unavailable": 503,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "InternalServiceError": 500,
    "ServiceException": 500,
    "TooManyRequestsException": 429,
    "AccessDenied": 403,
    "UnauthorizedOperation": 403,
}


@dataclass
class Fault:
    service: str
    action: str
    error: str
    region: str = ""
    access_key: str = ""
    times: int = 1
    after_effect: bool = False
    message: str = ""
    status: int = 0

    def matches(self, call):
        return (
            self.times > 0
            and self.service in ("", "*", call.service)
            and self.action in ("", "*", call.action)
            and self.region in ("", call.region)
            and self.access_key in ("", call.access_key)
        )

    def http_status(self):
        return self.status or _STATUS.get(self.error, 400)


_faults = []
_lock = threading.Lock()


def order(fault):
    with _lock:
        _faults.append(fault)


def clear():
    with _lock:
        _faults.clear()


def pending():
    with _lock:
        return [vars(fault) for fault in _faults]


def take(call):
    """The first fault that wants this call, used up by one; None if the call may go ahead."""
    with _lock:
        for fault in _faults:
            if fault.matches(call):
                fault.times -= 1
                if fault.times == 0:
                    _faults.remove(fault)
                return fault
    return None
