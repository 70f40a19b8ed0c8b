"""CloudFormation: dynamic references, SSM-typed parameters read again at every update, replacements, and rollback.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
"""

import re

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import OutputMap, ResourceMap, get_references_from_template
from moto.cloudformation.responses import CloudFormationResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance
from moto.ssm.models import ssm_backends

SSM_TYPE = "AWS::SSM::Parameter::"
_REFERENCE = re.compile(r"\{\{resolve:ssm:([a-zA-Z0-9_.\-/]+)(?::(\d+))?\}\}")


def install():
    _resolve_references()
    _read_parameters_again()
    _update_what_moto_cannot()
    _launch_from_templates()
    _roll_back()


def _resolve_references():
    original = parsing.parse_resource

    def parse_resource(resource_json, resources_map):
        parsed = original(resource_json, resources_map)
        if not parsed:
            return parsed
        resource_class, document, resource_type = parsed
        if "Properties" in document:
            document = {**document, "Properties": _resolved(document["Properties"], resources_map._region_name)}
        return resource_class, document, resource_type

    def parse_ssm_parameter(self, name, value_type):
        value = _parameter(self._region_name, name)
        return value.split(",") if "List" in value_type else value

    parsing.parse_resource = parse_resource
    ResourceMap.parse_ssm_parameter = parse_ssm_parameter


def _resolved(value, region):
    if isinstance(value, dict):
        return {key: _resolved(inner, region) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, region) for inner in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _parameter(region, *found.groups()), value)
    return value


def _parameter(region, name, version=None):
    try:
        parameter = ssm_backends[DEFAULT_ACCOUNT_ID][region].get_parameter(f"{name}:{version}" if version else name)
    except Exception:  # the parameter exists, its version does not
        parameter = None
    if parameter is None:
        raise ValidationError(message=f"Parameters: [ssm:{name}:{version or ''}] cannot be found.")
    return parameter.value


def _read_parameters_again():
    diff, has_parameters = ResourceMap.build_resource_diff, Stack.has_parameters

    def build_resource_diff(self, other_template, parameters=None):
        names = diff(self, other_template, parameters)
        moved = _moved_parameters(self, other_template, parameters)
        for name, resource in other_template["Resources"].items():
            if name in self._resource_json_map and name not in names["Modify"] and moved & set(get_references_from_template(resource)):
                names["Modify"].append(name)
        return names

    # A change set with nothing in it is refused, and so is such an update; what counts is the values, not their names.
    def has_same_parameters(self, other_parameters):
        return has_parameters(self, other_parameters) and not _moved_parameters(self.resource_map, self.template_dict, None)

    def _validate_different_update(self, incoming_params, stack_body, old_stack):
        old = old_stack.resource_map
        slots = old_stack.template_dict.get("Parameters", {})
        before = {key: old.input_parameters.get(key, slot.get("Default")) for key, slot in slots.items()}
        after = {p["ParameterKey"]: p["ParameterValue"] for p in incoming_params or [] if not p.get("UsePreviousValue")}
        if (
            old_stack.template_dict == Stack.parse_template(stack_body)
            and before == {**before, **after}
            and not _moved_parameters(old, old_stack.template_dict, None)
        ):
            raise ValidationError(old_stack.name, message="No updates are to be performed.")

    ResourceMap.build_resource_diff = build_resource_diff
    Stack.has_parameters = has_same_parameters
    CloudFormationResponse._validate_different_update = _validate_different_update


def _moved_parameters(resources, template, given):
    """The template's SSM-typed parameters whose value in Parameter Store is no longer what the stack was made with."""
    names = {**resources.input_parameters, **(given or {})}
    moved = set()
    for key, slot in template.get("Parameters", {}).items():
        if slot.get("Type", "").startswith(SSM_TYPE):
            value = resources.parse_ssm_parameter(names.get(key, slot.get("Default")), slot["Type"])
            if value != resources.resolved_parameters.get(key):
                moved.add(key)
    return moved


def _update_what_moto_cannot():
    original = parsing.parse_and_update_resource

    # moto forgets a resource whose type it cannot update. Its properties stay as they are instead.
    def parse_and_update_resource(logical_id, resource_json, resources_map, account_id, region_name):
        old = resources_map[logical_id]
        new = original(logical_id, resource_json, resources_map, account_id, region_name)
        return old if new is None else new

    # An instance with another image is another instance: the new one is made first.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html
    def update_instance(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        new = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
        ec2_backends[account_id][region_name].terminate_instances([original_resource.id])
        return new

    parsing.parse_and_update_resource = parse_and_update_resource
    Instance.update_from_cloudformation_json = classmethod(update_instance)


def _launch_from_templates():
    original = Instance.create_from_cloudformation_json.__func__

    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = dict(cloudformation_json["Properties"])
        if "LaunchTemplate" in properties:
            template = ec2_backends[account_id][region_name]._get_template_from_args(properties["LaunchTemplate"])
            properties.setdefault("ImageId", template.image_id)
            properties.setdefault("InstanceType", template.instance_type)
        return original(cls, resource_name, {**cloudformation_json, "Properties": properties}, account_id, region_name, **kwargs)

    Instance.create_from_cloudformation_json = classmethod(create_from_cloudformation_json)


def _roll_back():
    """A resource that cannot be made fails the stack, not the API call: the stack's status and events tell."""
    create, apply, update = Stack.create_resources, ChangeSet.apply, Stack.update
    execute, make = CloudFormationBackend.execute_change_set, parsing.parse_and_create_resource

    def parse_and_create_resource(logical_id, resource_json, *arguments, **keywords):
        try:
            return make(logical_id, resource_json, *arguments, **keywords)
        except Exception as error:
            if not hasattr(error, "failed_resource"):
                error.failed_resource = (logical_id, resource_json["Type"])
            raise

    def create_resources(self):
        try:
            create(self)
        except Exception as error:
            _fail(self, "CREATE", error)

    def apply_change_set(self):
        before = (self.stack.template_dict, dict(self.stack.resource_map.input_parameters))
        try:
            apply(self)
            self.stack.template_dict = self.template_dict
            self.stack.parameters = self.parameters
        except Exception as error:
            _fail(self.stack, self.change_set_type, error, before)
            self.stack.failed_execution = True

    def execute_change_set(self, change_set_name, stack_name=None):
        execute(self, change_set_name, stack_name)
        for stack in self.stacks.values():
            if stack.__dict__.pop("failed_execution", False):
                # moto wrote its success over the failure.
                stack.events = [event for event in stack.events if event.resource_status != stack.status]
                stack.status = stack.failed_status
                stack._add_stack_event(stack.status)

    def update_stack(self, template, role_arn=None, parameters=None, tags=None):
        before = (self.template_dict, dict(self.resource_map.input_parameters))
        try:
            update(self, template, role_arn, parameters, tags)
        except Exception as error:
            _fail(self, "UPDATE", error, before)

    parsing.parse_and_create_resource = parse_and_create_resource
    Stack.create_resources, ChangeSet.apply, Stack.update = create_resources, apply_change_set, update_stack
    CloudFormationBackend.execute_change_set = execute_change_set


def _fail(stack, operation, error, before=None):
    logical_id, resource_type = getattr(error, "failed_resource", (stack.name, "AWS::CloudFormation::Stack"))
    reason = f"{getattr(error, 'message', '') or error} ({getattr(error, 'code', type(error).__name__)})"
    fields = (stack.stack_id, stack.name, logical_id, "", resource_type, f"{operation}_FAILED", reason, None)
    stack.events.append(Event(*fields))
    try:
        if operation == "CREATE":
            stack.resource_map.delete()
            # moto makes resources whenever somebody looks at them: nothing may be left to look at.
            stack.resource_map._resource_json_map = {}
            stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)
        elif before:
            stack.resource_map.update(*before)
            stack.template_dict = before[0]
    except Exception as second:
        stack._add_stack_event("ROLLBACK_FAILED", str(second))
    stack.status = stack.failed_status = "ROLLBACK_COMPLETE" if operation == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
    stack._add_stack_event(stack.status, reason)
