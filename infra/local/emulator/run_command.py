"""Run Command: documents run for real on the machine that stands in for all hosts (hosts.py).

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
"""

import threading
import time
import uuid
from dataclasses import dataclass, field

from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import SSMException

from . import clock, describe_ec2, documents, hosts
from .lock import MOTO

PENDING, IN_PROGRESS = "Pending", "InProgress"

# How long a command is on its way, and its invocation cannot be asked for.
DELIVERY_SECONDS = 0.1

DEFAULT_TIMEOUT = 3600

# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html (StandardOutputContent)
MOST_OUTPUT, MOST_ERRORS = 24_000, 8_000


@dataclass
class Invocation:
    """One command on one instance."""

    command: "Command"
    instance_id: str
    status: str = PENDING
    details: str = PENDING
    code: int = -1
    out: str = ""
    err: str = ""
    step: str = ""
    script: object = None
    visible_from: float = field(default_factory=lambda: time.monotonic() + DELIVERY_SECONDS)
    started: float = 0.0
    ended: float = 0.0

    def is_over(self):
        return self.status not in (PENDING, IN_PROGRESS)

    def end(self, status, details, code):
        self.status, self.details, self.code, self.ended = status, details, code, time.time()


@dataclass
class Command:
    region: str
    document: str
    version: str
    given: dict
    plugins: list  # the names of all steps
    steps: list  # those to run
    comment: str
    timeout: int
    targets: list
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    requested: float = field(default_factory=time.time)
    invocations: dict = field(default_factory=dict)

    def expires(self):
        """Delivery may take the command's timeout and that of its steps."""
        return self.requested + self.timeout + sum(_seconds(step) for step in self.steps)


# All commands by id, of all Regions: the ids are unique.
commands = {}


def install():
    hosts.on_online.append(_deliver_waiting)


def send(backend, name, version, given, instance_ids, targets, timeout, comment):
    document, version = documents.content(backend, name, version)
    steps = list(documents.steps(document, documents.parameters(document, given)))
    if timeout is not None and not 30 <= timeout <= 2_592_000:
        raise SSMException("ValidationException", f"Value {timeout} at 'timeoutSeconds' is not from 30 to 2592000")
    chosen = [*instance_ids, *_found(backend, targets)]
    wrong = [instance_id for instance_id in instance_ids if not is_ready(backend, instance_id)]
    if wrong or not (instance_ids or targets):
        raise SSMException("InvalidInstanceId", f"Instances {wrong} not in a valid state for account {backend.account_id}")
    plugins = [step["name"] for step in document["mainSteps"]]
    command = Command(backend.region_name, name, version, given, plugins, steps, comment, timeout or DEFAULT_TIMEOUT, targets)
    commands[command.id] = command
    for instance_id in dict.fromkeys(chosen):
        invocation = command.invocations[instance_id] = Invocation(command, instance_id)
        clock.later(DELIVERY_SECONDS + hosts.agent(instance_id).delay, lambda invocation=invocation: _deliver(invocation))
    return command


def is_ready(backend, instance_id):
    """Commands are taken for instances that run and are managed, even when their agent has lost its connection."""
    instance = describe_ec2.instance(ec2_backends[backend.account_id][backend.region_name], instance_id)
    return instance is not None and instance.state == "running" and hosts.agent(instance_id).state != hosts.UNMANAGED


def _found(backend, targets):
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for target in targets:
        for instance in ec2.all_instances():
            tag = target["Key"].removeprefix("tag:")
            value = instance.id if target["Key"] == "InstanceIds" else ec2.tags.get(instance.id, {}).get(tag)
            if value in target["Values"] and is_ready(backend, instance.id):
                yield instance.id


def _deliver(invocation):
    if invocation.status != PENDING or hosts.agent(invocation.instance_id).state != hosts.ONLINE:
        return
    if time.time() > invocation.command.expires():
        expire(invocation)
        return
    invocation.status = invocation.details = IN_PROGRESS
    invocation.started = time.time()
    threading.Thread(target=_run, args=(invocation,), daemon=True).start()


def _deliver_waiting(instance_id):
    for command in list(commands.values()):
        invocation = command.invocations.get(instance_id)
        if invocation and invocation.status == PENDING and time.monotonic() >= invocation.visible_from:
            _deliver(invocation)


def expire(invocation):
    """The agent did not ask for the command in time."""
    if invocation.status == PENDING:
        invocation.end("TimedOut", "DeliveryTimedOut", -1)


def running():
    return sum(invocation.status == IN_PROGRESS for command in commands.values() for invocation in command.invocations.values())


def _run(invocation):
    """Runs outside moto's lock: scripts take their time, and the API answers meanwhile."""
    status, details, code = "Success", "Success", 0
    for step in invocation.command.steps:
        result = _run_step(invocation, step)
        invocation.out, invocation.err = invocation.out + result.out, invocation.err + result.err
        if invocation.is_over():
            return
        if result.code:
            code = result.code
            status, details = ("TimedOut", "ExecutionTimedOut") if result.timed_out else ("Failed", "Failed")
            if result.timed_out or step.get("onFailure") == "exit":
                break
    with MOTO:
        if not invocation.is_over():
            invocation.end(status, details, code)


def _run_step(invocation, step):
    inputs = step["inputs"]
    lines = inputs["runCommand"] if isinstance(inputs["runCommand"], list) else [inputs["runCommand"]]
    try:
        script = hosts.Script(invocation.instance_id, invocation.command.region, lines, inputs.get("workingDirectory") or "")
    except OSError as error:
        return hosts.Result(1, False, "", str(error))
    with MOTO:
        invocation.step, invocation.script = step["name"], script
        if invocation.is_over():
            script.stop()
    return script.wait(_seconds(step))


def _seconds(step):
    return int(step["inputs"].get("timeoutSeconds") or DEFAULT_TIMEOUT)


def cancel(command, instance_ids):
    """What has not begun never will; what runs is stopped."""
    for invocation in command.invocations.values():
        if invocation.is_over() or (instance_ids and invocation.instance_id not in instance_ids):
            continue
        script = invocation.script
        invocation.end("Cancelled", "Cancelled", hosts.STOPPED if script else -1)
        if script:
            script.stop()
