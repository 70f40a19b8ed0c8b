"""CloudFormation and Parameter Store: dynamic references, and SSM-typed parameters that are read again at every update.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
"""

import re

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap, get_references_from_template
from moto.cloudformation.responses import CloudFormationResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ssm.models import ssm_backends

from . import calls

SSM_TYPE = "AWS::SSM::Parameter::"
_REFERENCE = re.compile(r"\{\{resolve:ssm:([a-zA-Z0-9_.\-/]+)(?::(\d+))?\}\}")


def install():
    _resolve_references()
    _let_previous_be_the_default()
    _read_parameters_again()
    _tell_names_from_values()


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

    load = ResourceMap.load_parameters

    def load_parameters(self):
        """A default is not looked up where the caller gives a name of his own."""
        template = self._template
        slots = template.get("Parameters", {})
        without = {name: {k: v for k, v in slot.items() if k != "Default" or name not in self.input_parameters} for name, slot in slots.items()}
        self._template = {**template, "Parameters": without}
        try:
            load(self)
        finally:
            self._template = template

    parsing.parse_resource = parse_resource
    ResourceMap.parse_ssm_parameter = parse_ssm_parameter
    ResourceMap.load_parameters = load_parameters


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


def _let_previous_be_the_default():
    original = CloudFormationBackend._resolve_update_parameters

    # The cdk command line sends UsePreviousValue for all parameters; of one that was never given, the previous value is the default.
    def _resolve_update_parameters(self, instance, incoming_params):
        given = [p for p in incoming_params if not p.get("UsePreviousValue") or p["ParameterKey"] in instance.parameters]
        return original(self, instance, given)

    CloudFormationBackend._resolve_update_parameters = _resolve_update_parameters


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
        # A change set without changes is made all the same, as a failed one.
        if calls.current().action != "UpdateStack":
            return
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


def _tell_names_from_values():
    """The value of an SSM-typed parameter is the name it was given; what Parameter Store holds is its resolved value.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html
    """

    def stack_parameters(self):
        return {key: _given(self, key, value) for key, value in self.resource_map.resolved_parameters.items()}

    def parameter_list(self):
        listed = []
        for key, value in self.resource_map.resolved_parameters.items():
            entry = {"ParameterKey": key, "ParameterValue": _given(self, key, value)}
            if _slot(self, key).get("Type", "").startswith(SSM_TYPE):
                entry["ResolvedValue"] = value
            if key in self.resource_map.no_echo_parameter_keys:
                entry["ParameterValue"] = "****"
            listed.append(entry)
        return listed

    Stack.stack_parameters = property(stack_parameters)
    Stack.parameter_list = property(parameter_list)


def _slot(stack, key):
    return stack.resource_map._template.get("Parameters", {}).get(key, {})


def _given(stack, key, value):
    slot = _slot(stack, key)
    if not slot.get("Type", "").startswith(SSM_TYPE):
        return value
    return stack.resource_map.input_parameters.get(key, slot.get("Default"))
