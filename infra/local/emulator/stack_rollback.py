"""Stacks that cannot be made are rolled back: the API call succeeds, the stack's status and events tell.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import OutputMap


def install():
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
