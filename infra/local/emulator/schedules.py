"""Schedules of CloudFormation are kept, and answer to EventBridge Scheduler's API. Nothing fires them here: see infra/local/schedule.go.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
"""

import copy

from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends


def install():
    """Being imported is enough: moto finds the subclasses of its CloudFormation model by itself."""


class Schedule(CloudFormationModel):
    def __init__(self, name, group, arn):
        # Ref is the schedule's name.
        self.physical_resource_id, self.group, self.arn = name, group, arn

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::Schedule"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name):
        return self.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        name, group = properties.get("Name", resource_name), properties.get("GroupName", "default")
        made = scheduler_backends[account_id][region_name].create_schedule(
            name=name, group_name=group, action_after_completion=None, **_settings(properties)
        )
        return cls(name, group, made.arn)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        properties = cloudformation_json["Properties"]
        name, group = properties.get("Name", original_resource.physical_resource_id), properties.get("GroupName", "default")
        # The name and the group cannot change without a replacement.
        if (name, group) != (original_resource.physical_resource_id, original_resource.group):
            original_resource.delete(account_id, region_name)
            return cls.create_from_cloudformation_json(name, cloudformation_json, account_id, region_name)
        scheduler_backends[account_id][region_name].update_schedule(name=name, group_name=group, **_settings(properties))
        return original_resource

    def delete(self, account_id, region_name):
        scheduler_backends[account_id][region_name].delete_schedule(self.group, self.physical_resource_id)


def _settings(properties):
    return {
        "description": properties.get("Description"),
        "start_date": properties.get("StartDate"),
        "end_date": properties.get("EndDate"),
        "flexible_time_window": properties["FlexibleTimeWindow"],
        "kms_key_arn": properties.get("KmsKeyArn"),
        "schedule_expression": properties["ScheduleExpression"],
        "schedule_expression_timezone": properties.get("ScheduleExpressionTimezone"),
        "state": properties.get("State", "ENABLED"),
        # moto completes the target it is given.
        "target": copy.deepcopy(properties["Target"]),
    }
