"""Change sets are found by their stack and name: the CDK gives the same name to those of all stacks. They are updates unless they say otherwise.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
"""

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult


class ChangeSetNotFound(ValidationError):
    code = "ChangeSetNotFound"


_create = CloudFormationResponse.create_change_set


def install():
    CloudFormationResponse.create_change_set = _create_change_set
    CloudFormationResponse.describe_change_set = _describe
    CloudFormationResponse.delete_change_set = _delete
    CloudFormationResponse.execute_change_set = _execute


def _wanted(self):
    name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
    sets = self.cloudformation_backend.change_sets
    if name in sets:
        return sets[name]
    # A deleted stack leaves its change sets here, so the newest one counts.
    found = [s for s in sets.values() if s.change_set_name == name and stack in (None, s.stack_name, s.stack_id)]
    if not found:
        raise ChangeSetNotFound(message=f"ChangeSet [{name}] does not exist")
    return found[-1]


def _create_change_set(self):
    self.params.setdefault("ChangeSetType", "UPDATE")
    return _create(self)


def _describe(self):
    return ActionResult(_wanted(self))


def _delete(self):
    try:
        self.cloudformation_backend.delete_change_set(_wanted(self).change_set_id)
    except ChangeSetNotFound:
        pass  # deleting what is gone succeeds
    return EmptyResult()


def _execute(self):
    backend: CloudFormationBackend = self.cloudformation_backend
    backend.execute_change_set(_wanted(self).change_set_id)
    return EmptyResult()
