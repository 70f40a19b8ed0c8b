"""The WSGI application: the control API, Regions that are down, the call log, and moto behind them."""

import io
import json
import re
import time
from contextlib import nullcontext
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import calls, regions
from .lock import MOTO
from .moto_calls import ConnectionLost

# Credential=<access key>/<date>/<region>/<service>/aws4_request
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_ERROR_CODE = re.compile(r"<Code>([^<]*)</Code>")
_ERROR_MESSAGE = re.compile(r"<[Mm]essage>([^<]*)</[Mm]essage>")

CONTROL = "/_lastgood/"


class Gateway:
    def __init__(self, routes):
        self.routes = routes
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        _read_body(environ)
        if environ["PATH_INFO"].startswith(CONTROL):
            return self._control(environ, start_response)

        call = _call_of(environ)
        if regions.is_down(call.region):
            raise ConnectionLost(104, f"{call.region} is down")
        calls.begin(call)
        try:
            status, headers, body = self._moto(environ, call)
            # It may have gone down in the meantime.
            if regions.is_down(call.region):
                raise ConnectionLost(104, f"{call.region} is down")
        except ConnectionLost:
            call.status, call.error = 0, "ConnectionLost"
            raise
        finally:
            calls.end()
            calls.finish(call)
        start_response(status, headers)
        return [body]

    def _moto(self, environ, call):
        answer = {}

        def start_response(status, headers, exc_info=None):
            answer.update(status=status, headers=headers)

        # A long poll takes the lock by itself, for moments (queues.py).
        with nullcontext() if _is_long_poll(environ) else MOTO:
            body = b"".join(self.moto(environ, start_response))
            _read_answer(call, answer, body)
            for callback in calls.on_finished:
                callback(call)
        if call.instead:
            status, headers, text = call.instead()
            body = text.encode()
            headers = {**headers, "Content-Length": str(len(body))}
            answer = {"status": f"{status} -", "headers": [(name, str(value)) for name, value in headers.items()]}
            _read_answer(call, answer, body)
        return answer["status"], answer["headers"], body

    def _control(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"][len(CONTROL) :]
        query = {name: values[-1] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        body = environ["wsgi.input"].read()
        try:
            status, kind, answer = self.routes(method, path, query, json.loads(body) if body else {})
        except (KeyError, ValueError, TypeError, IndexError) as error:
            status, kind, answer = 400, "application/json", {"error": f"{type(error).__name__}: {error}"}
        if kind == "application/json":
            answer = json.dumps(answer).encode()
        start_response(f"{status} -", [("Content-Type", kind), ("Content-Length", str(len(answer)))])
        return [answer]


def _read_body(environ):
    """Reads the request to its end: the connection stays usable whoever answers, and moto's lock is never held for a slow client."""
    if environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _call_of(environ):
    call = calls.Call(
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        source_ip=environ.get("REMOTE_ADDR", ""),
        action=f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
        started=time.time(),
    )
    presigned = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[-1]
    signature = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", "") or f"Credential={presigned}")
    if signature:
        call.access_key, call.region, call.service = signature.groups()
    return call


def _is_long_poll(environ):
    if environ.get("HTTP_X_AMZ_TARGET", "").endswith(".ReceiveMessage"):
        return True
    return b"Action=ReceiveMessage" in environ["wsgi.input"].getvalue()[:200]


def _read_answer(call, answer, body):
    call.status = int(answer["status"].split()[0])
    call.body = body.decode("utf-8", "replace")
    if call.status >= 400:
        _read_error(call, {name.lower(): value for name, value in answer["headers"]})


def _read_error(call, headers):
    text = call.body
    if text.lstrip().startswith("{"):
        document = json.loads(text)
        call.error = document.get("__type", "") or document.get("Code", "")
        call.error_message = document.get("message", "") or document.get("Message", "")
    else:
        code, message = _ERROR_CODE.search(text), _ERROR_MESSAGE.search(text)
        call.error = code.group(1) if code else ""
        call.error_message = message.group(1) if message else ""
    call.error = (call.error or headers.get("x-amzn-errortype", "")).split("#")[-1].split(":")[0]

