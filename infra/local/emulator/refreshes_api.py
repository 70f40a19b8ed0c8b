"""The calls about instance refreshes.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CancelInstanceRefresh.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RollbackInstanceRefresh.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh-skip-matching.html
"""

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from . import groups, refreshes
from .instances import RESOLVE

LARGEST_PAGE = 100


def install(seconds):
    refreshes.set_seconds(seconds)
    AutoScalingResponse.start_instance_refresh = _start
    AutoScalingResponse.describe_instance_refreshes = _describe
    AutoScalingResponse.cancel_instance_refresh = _cancel
    AutoScalingResponse.rollback_instance_refresh = _roll_back


def _group(self):
    return groups.named(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))


def _start(self):
    group, request = _group(self), self.params
    if group.launch.configuration:
        raise ValidationError("An Auto Scaling group with a launch configuration cannot be refreshed here: use a launch template.")
    if request.get("Strategy", "Rolling") != "Rolling":
        raise ValidationError(f"The local AWS lacks the strategy {request['Strategy']}.")
    preferences = _preferences(group, request.get("Preferences", {}))
    desired = request.get("DesiredConfiguration")
    launch = groups.launch_of(group, desired.get("LaunchTemplate"), desired.get("MixedInstancesPolicy")) if desired else group.launch
    by_alias = any(used.template.get_version(used.version).image_id.startswith(RESOLVE) for used in (group.launch, launch))
    if by_alias and (desired or preferences["SkipMatching"]):
        raise ValidationError("The launch template names a Systems Manager parameter: no desired configuration and no skip matching.")
    if preferences["AutoRollback"] and not _reversible(group.launch, desired):
        raise ValidationError("Auto rollback needs a desired configuration, and a group that uses a numbered version of a launch template with an AMI ID.")
    if refreshes.active(group):
        raise AutoscalingClientError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
    refresh = refreshes.Refresh(group, launch, request, preferences)
    refresh.start()
    return ActionResult({"InstanceRefreshId": refresh.id})


def _preferences(group, given):
    preferences = {
        "AutoRollback": False,
        "InstanceWarmup": group.health_check_grace_period,
        "MinHealthyPercentage": 90,
        "ScaleInProtectedInstances": "Wait",
        "SkipMatching": False,
        "StandbyInstances": "Wait",
    } | given
    lowest, highest = preferences["MinHealthyPercentage"], preferences.get("MaxHealthyPercentage", 100)
    if not 0 <= lowest <= 100 or not 100 <= highest <= 200 or highest - lowest > 100:
        raise ValidationError("MinHealthyPercentage is from 0 to 100, MaxHealthyPercentage from 100 to 200 and at most 100 more.")
    if "MaxHealthyPercentage" in given and "MinHealthyPercentage" not in given:
        raise ValidationError("MaxHealthyPercentage needs MinHealthyPercentage.")
    return preferences


def _reversible(saved, desired):
    return bool(desired) and not saved.version.startswith("$") and not saved.template.get_version(saved.version).image_id.startswith(RESOLVE)


def _describe(self):
    ids, limit, start = self._get_param("InstanceRefreshIds", []), self._get_int_param("MaxRecords", 50), int(self._get_param("NextToken") or 0)
    if limit > LARGEST_PAGE:
        raise ValidationError(f"MaxRecords is at most {LARGEST_PAGE}.")
    found = [refresh.describe() for refresh in refreshes.of(_group(self)) if not ids or refresh.id in ids]
    token = str(start + limit) if start + limit < len(found) else None
    return ActionResult({"InstanceRefreshes": found[start : start + limit], "NextToken": token})


def _active(self, *states):
    group = _group(self)
    refresh = refreshes.active(group)
    if refresh is None or refresh.status not in states:
        raise AutoscalingClientError("ActiveInstanceRefreshNotFound", f"No in progress or pending Instance Refresh found for Auto Scaling group {group.name}")
    return refresh


def _cancel(self):
    refresh = _active(self, "Pending", "InProgress", "RollbackInProgress")
    refresh.cancel()
    return ActionResult({"InstanceRefreshId": refresh.id})


def _roll_back(self):
    refresh = _active(self, "Pending", "InProgress")
    if not _reversible(refresh.saved, refresh.desired):
        raise AutoscalingClientError("IrreversibleInstanceRefresh", "A rollback needs a desired configuration and a saved, numbered version to go back to.")
    refresh.roll_back("A user requested the rollback")
    return ActionResult({"InstanceRefreshId": refresh.id})
