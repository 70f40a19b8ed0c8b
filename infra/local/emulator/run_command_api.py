"""Run Command's calls, and DescribeInstanceInformation.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommands.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
"""

import time
from datetime import UTC, datetime, timedelta

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import SSMException, ValidationException
from moto.ssm.responses import SimpleSystemManagerResponse

from . import describe_ec2, hosts, run_command

LARGEST_PAGE = 50

# Of a plugin in a list, where GetCommandInvocation shows more.
_LISTED_OUTPUT = 2_500


def install():
    SimpleSystemManagerResponse.send_command = _send_command
    SimpleSystemManagerResponse.get_command_invocation = _get_command_invocation
    SimpleSystemManagerResponse.list_commands = _list_commands
    SimpleSystemManagerResponse.list_command_invocations = _list_command_invocations
    SimpleSystemManagerResponse.cancel_command = _cancel_command
    SimpleSystemManagerResponse.describe_instance_information = _describe_instance_information


def _send_command(self):
    command = run_command.send(
        self.ssm_backend,
        self._get_param("DocumentName"),
        self._get_param("DocumentVersion"),
        self._get_param("Parameters", {}),
        self._get_param("InstanceIds", []),
        self._get_param("Targets", []),
        self._get_param("TimeoutSeconds"),
        self._get_param("Comment", ""),
    )
    return ActionResult({"Command": _described(command)})


def _described(command):
    states = [invocation.status for invocation in command.invocations.values()]
    status = next((s for s in (run_command.IN_PROGRESS, run_command.PENDING, "Failed", "TimedOut", "Cancelled") if s in states), "Success")
    if status == run_command.PENDING and any(invocation.is_over() for invocation in command.invocations.values()):
        status = run_command.IN_PROGRESS
    return {
        "CommandId": command.id,
        "DocumentName": command.document,
        "DocumentVersion": command.version,
        "Comment": command.comment,
        "ExpiresAfter": _moment(command.expires()),
        "Parameters": command.given,
        "InstanceIds": [] if command.targets else list(command.invocations),
        "Targets": command.targets,
        "RequestedDateTime": _moment(command.requested),
        "Status": status,
        "StatusDetails": status,
        "TimeoutSeconds": command.timeout,
        "TargetCount": len(states),
        "CompletedCount": sum(invocation.is_over() for invocation in command.invocations.values()),
        "ErrorCount": states.count("Failed"),
        "DeliveryTimedOutCount": sum(i.details == "DeliveryTimedOut" for i in command.invocations.values()),
    }


def _get_command_invocation(self):
    command, instance_id = _command(self), self._get_param("InstanceId")
    found = command.invocations.get(instance_id)
    plugin = self._get_param("PluginName")
    if found is None or time.monotonic() < found.visible_from or (plugin and plugin not in command.plugins):
        raise SSMException("InvocationDoesNotExist", "")
    return ActionResult(
        {
            "CommandId": command.id,
            "InstanceId": instance_id,
            "Comment": command.comment,
            "DocumentName": command.document,
            "DocumentVersion": command.version,
            "PluginName": found.step or command.plugins[0],
            "ResponseCode": found.code,
            "ExecutionStartDateTime": _text(found.started),
            "ExecutionElapsedTime": f"PT{found.ended - found.started:.3f}S" if found.started and found.ended else "",
            "ExecutionEndDateTime": _text(found.ended) if found.started else "",
            "Status": found.status,
            "StatusDetails": found.details,
            "StandardOutputContent": found.out[: run_command.MOST_OUTPUT],
            "StandardErrorContent": found.err[: run_command.MOST_ERRORS],
            "StandardOutputUrl": "",
            "StandardErrorUrl": "",
        }
    )


def _list_commands(self):
    command_id, instance_id = self._get_param("CommandId"), self._get_param("InstanceId")
    found = [c for c in _of_region(self) if command_id in (None, c.id) and (instance_id is None or instance_id in c.invocations)]
    return _paged(self, "Commands", found, _described)


def _list_command_invocations(self):
    command_id, instance_id = self._get_param("CommandId"), self._get_param("InstanceId")
    commands = [command for command in _of_region(self) if command_id in (None, command.id)]
    found = [i for command in commands for i in command.invocations.values() if instance_id in (None, i.instance_id)]
    found = [invocation for invocation in found if time.monotonic() >= invocation.visible_from]
    for wanted in self._get_param("Filters", []):
        if wanted["key"] != "Status":
            raise SSMException("InvalidFilterKey", f"The filter {wanted['key']} is not known here")
        found = [invocation for invocation in found if invocation.status == wanted["value"]]
    details = self._get_param("Details", False)
    return _paged(self, "CommandInvocations", found, lambda invocation: _listed(invocation, details))


def _listed(invocation, details):
    command = invocation.command
    shown = {
        "CommandId": command.id,
        "InstanceId": invocation.instance_id,
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": command.version,
        "RequestedDateTime": _moment(command.requested),
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "CommandPlugins": [],
    }
    if details:
        name = invocation.step or command.plugins[0]
        output = (invocation.out + ("\n----------ERROR-------\n" + invocation.err if invocation.err else ""))[:_LISTED_OUTPUT]
        plugin = {"Name": name, "Status": invocation.status, "StatusDetails": invocation.details, "ResponseCode": invocation.code, "Output": output}
        shown["CommandPlugins"] = [plugin]
    return shown


def _cancel_command(self):
    run_command.cancel(_command(self), self._get_param("InstanceIds", []))
    return ActionResult({})


def _describe_instance_information(self):
    ec2 = ec2_backends[self.ssm_backend.account_id][self.ssm_backend.region_name]
    wanted = {f["Key"]: f["Values"] for f in self._get_param("Filters", [])}
    wanted |= {f["key"]: f["valueSet"] for f in self._get_param("InstanceInformationFilterList", [])}
    named = wanted.pop("InstanceIds", None)
    found = ec2.all_instances() if named is None else [describe_ec2.instance(ec2, instance_id) for instance_id in named]
    found = [i for i in found if i and i.state != "terminated" and hosts.agent(i.id).state != hosts.UNMANAGED]
    for name, values in wanted.items():
        if name == "PingStatus":
            found = [instance for instance in found if _ping(instance) in values]
        elif name.startswith("tag:"):
            found = [instance for instance in found if ec2.tags.get(instance.id, {}).get(name.removeprefix("tag:")) in values]
        else:
            raise SSMException("InvalidInstanceInformationFilterValue", f"The filter {name} is not known here")
    return _paged(self, "InstanceInformationList", found, _information)


def _ping(instance):
    return "Online" if instance.state == "running" and hosts.agent(instance.id).state == hosts.ONLINE else "ConnectionLost"


def _information(instance):
    return {
        "InstanceId": instance.id,
        "PingStatus": _ping(instance),
        "LastPingDateTime": _moment(time.time()),
        "AgentVersion": "3.3.2746.0",
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
        "ComputerName": instance.private_dns_name,
    }


def _command(self):
    command = run_command.commands.get(self._get_param("CommandId"))
    if command is None or command.region != self.region:
        raise SSMException("InvalidCommandId", "")
    return command


def _of_region(self):
    """The newest first, as AWS lists them."""
    return [command for command in reversed(run_command.commands.values()) if command.region == self.region]


def _paged(self, name, found, show):
    limit, start = self._get_param("MaxResults") or LARGEST_PAGE, int(self._get_param("NextToken") or 0)
    if limit > LARGEST_PAGE:
        raise ValidationException(f"Value {limit} at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50")
    answer = {name: [show(item) for item in found[start : start + limit]]}
    if start + limit < len(found):
        answer["NextToken"] = str(start + limit)
    return ActionResult(answer)


def _moment(seconds):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _text(seconds):
    return f"{_moment(seconds):%Y-%m-%dT%H:%M:%S}.{int(seconds % 1 * 1000):03d}Z" if seconds else ""
