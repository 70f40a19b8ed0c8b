"""Between moto's dispatcher and its actions: names the call, applies ordered faults, and answers errors as AWS does.

moto answers what it does not know with an HTML page; AWS answers with an error in the service's own protocol.
"""

import functools
import sys
import traceback

from moto.core import responses
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import SerializationContext
from moto.s3.responses import S3Response

from . import calls, faults


class Refusal(ServiceException):
    """moto looks up an error's shape in the service whose module the error comes from; this one comes from none."""

    __module__ = "refusal"


class ConnectionLost(ConnectionResetError):
    """Ends the connection without a response."""


def install():
    _region_from_signature()
    _one_request_id()
    _wrap_actions()
    _name_s3_actions()


def _region_from_signature():
    original = BaseResponse.get_region_from_url

    # The Region a request is for is the one it is signed for; moto looks at the host name and the user agent first.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    def get_region_from_url(self, request, full_url):
        return calls.current().region or original(self, request, full_url)

    BaseResponse.get_region_from_url = get_region_from_url


def _one_request_id():
    # The id in the header, the one in the body and the one in CloudTrail are the same; moto's EC2 answers "request-id" to all.
    def gen_amzn_requestid_long(headers=None):
        request_id = calls.current().request_id
        if headers is not None:
            headers["x-amzn-requestid"] = request_id
        return request_id

    def __init__(self, request_id=None):
        self.request_id = request_id or calls.current().request_id

    responses.gen_amzn_requestid_long = gen_amzn_requestid_long
    SerializationContext.__init__ = __init__


def _wrap_actions():
    original = BaseResponse.call_action

    def call_action(self):
        call = calls.current()
        call.action = self._get_action() or call.action
        call.params = dict(getattr(self, "params", None) or {})
        fault = faults.take(call)
        if fault and not fault.after_effect:
            return _fail(self, fault)
        try:
            answer = original(self)
        except NotImplementedError as error:
            answer = refuse(self, "NotImplemented", f"the local AWS lacks {call.service} {call.action}: {error}", 501)
        except (ServiceException, ConnectionError):
            raise
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            answer = refuse(self, "InternalError", f"{type(error).__name__}: {error}", 500)
        # The call was served, and is recorded so; only its caller hears otherwise.
        if fault:
            call.instead = functools.partial(_fail, self, fault)
        return answer

    BaseResponse.call_action = call_action


def _fail(response, fault):
    if fault.error == faults.CONNECTION_LOST:
        raise ConnectionLost(104, "ordered by a test")
    return refuse(response, fault.error, fault.message or "ordered by a test", fault.http_status())


def refuse(response, code, message, status):
    """An error in the protocol of the service that was called."""
    error = Refusal(code, message)
    _, headers, body = response.serialized(ActionResult(error))
    headers["status"] = str(status)
    headers, body = response._enrich_response(headers, body)
    return status, headers, body


def _name_s3_actions():
    original = S3Response._authenticate_and_authorize_s3_action

    # S3 has its own dispatcher, which tells the action only to the permission check (by IAM's name for it).
    def _authenticate_and_authorize_s3_action(self, *arguments, **keywords):
        calls.current().action = self.data.get("Action", "")
        return original(self, *arguments, **keywords)

    S3Response._authenticate_and_authorize_s3_action = _authenticate_and_authorize_s3_action
