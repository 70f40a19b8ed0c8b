"""An instance refresh: Pending, then InProgress with a first batch replaced, then the rest and an end; or back to what the group has saved.

The group takes over the desired configuration only when the refresh has succeeded. Warm-up, checkpoints and protected instances are not waited for.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRefresh.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
"""

import uuid

from moto.autoscaling.models import autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow

from . import clock, groups

_seconds = 2.0


def set_seconds(seconds):
    """How long refreshes and rollbacks that start from now on take; below 0: until the control API ends them."""
    global _seconds
    _seconds = seconds


def of(group):
    """The group's refreshes, the newest first."""
    return vars(group).setdefault("refreshes", [])


def active(group):
    return next((refresh for refresh in of(group) if refresh.status in ("Pending", "InProgress", "RollbackInProgress", "Cancelling")), None)


def finish(region, name, succeed, reason=""):
    """Ends a group's refresh or rollback. False if there is none."""
    group = autoscaling_backends[DEFAULT_ACCOUNT_ID][region].autoscaling_groups.get(name)
    refresh = group and active(group)
    if not refresh or refresh.status == "Cancelling":
        return False
    refresh.succeed() if succeed else refresh.fail(reason or "ordered by a test")
    return True


class Refresh:
    def __init__(self, group, launch, request, preferences):
        self.id, self.group, self.launch, self.saved = str(uuid.uuid4()), group, launch, group.launch
        self.desired, self.preferences = request.get("DesiredConfiguration"), preferences
        self.status, self.reason, self.started, self.ended, self.rollback = "Pending", None, utcnow(), None, None
        origin = launch.origin()
        skip = preferences["SkipMatching"]
        self.old = {state.instance_id for state in group.instance_states if not (skip and groups.origin(state) == origin)}
        self.new = set()

    def start(self):
        of(self.group).insert(0, self)
        if not self.old:
            self.succeed()
            return
        clock.later(max(_seconds, 0) / 2, self._begin)
        if _seconds >= 0:
            clock.later(_seconds, lambda: self.status == "InProgress" and self.succeed())

    def _begin(self):
        if self.status != "Pending":
            return
        self.status = "InProgress"
        # As many at once as may be missing, and one where that is none.
        self._replace(self.launch, max(1, len(self.old) * (100 - self.preferences["MinHealthyPercentage"]) // 100))

    def succeed(self):
        back = self.status == "RollbackInProgress"
        if not self._replace(self.saved if back else self.launch, len(self.old)):
            return
        if not back:
            self.group.launch = self.launch
        self._end("RollbackSuccessful" if back else "Successful")

    def fail(self, reason):
        if self.status == "RollbackInProgress":
            self._end("RollbackFailed", reason)
        elif self.preferences["AutoRollback"]:
            self.roll_back(f"The instance refresh failed and auto rollback is on: {reason}")
        else:
            self._end("Failed", reason)

    def roll_back(self, reason):
        self.rollback = {
            "RollbackReason": reason,
            "RollbackStartTime": utcnow(),
            "PercentageCompleteOnRollback": self._percentage(),
            "InstancesToUpdateOnRollback": len(self.old),
        }
        self.status, self.reason = "RollbackInProgress", reason
        self.old, self.new = self.new, set()
        if _seconds >= 0:
            clock.later(_seconds, lambda: self.status == "RollbackInProgress" and self.succeed())

    def cancel(self):
        """What was replaced stays replaced, and the group as it was saved."""
        self.status = "Cancelling"
        clock.later(0, lambda: self._end("Cancelled", "Cancelled by a user request"))

    def describe(self):
        left = self.rollback["InstancesToUpdateOnRollback"] if self.rollback else len(self.old)
        return {
            "InstanceRefreshId": self.id,
            "AutoScalingGroupName": self.group.name,
            "Status": self.status,
            "StatusReason": self.reason,
            "StartTime": self.started,
            "EndTime": self.ended,
            "PercentageComplete": self._percentage(),
            "InstancesToUpdate": left,
            "Preferences": self.preferences,
            "DesiredConfiguration": self.desired,
            "RollbackDetails": self.rollback,
            "Strategy": "Rolling",
        }

    def _percentage(self):
        if self.rollback:
            everything = len(self.old) + len(self.new) or 1
            return self.rollback["PercentageCompleteOnRollback"] * len(self.old) // everything
        everything = len(self.old) + len(self.new)
        return 100 * len(self.new) // everything if everything else 100

    def _replace(self, launch, count):
        """Puts new instances in the place of old ones. False if they cannot be launched, which fails the refresh."""
        group = self.group
        self.old &= {state.instance_id for state in group.instance_states}
        leaving = sorted(self.old)[:count]
        if not leaving:
            return True
        before = {state.instance_id for state in group.instance_states}
        try:
            with groups.launching(group, launch):
                group.replace_autoscaling_group_instances(len(leaving), group.get_propagated_tags())
        except ServiceException as error:
            self.fail(f"Launching instances failed: {error.message}")
            return False
        self.new |= {state.instance_id for state in group.instance_states} - before
        self.old -= set(leaving)
        group.ec2_backend.terminate_instances(leaving)
        group.instance_states = [state for state in group.instance_states if state.instance_id not in leaving]
        return True

    def _end(self, status, reason=None):
        self.status, self.reason, self.ended = status, reason or self.reason, utcnow()
