"""What Auto Scaling groups launch: the very version of a template that they name, and after an update that names nothing else, still the same.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateSpecification.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_MixedInstancesPolicy.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html
"""

import copy
from contextlib import contextmanager
from dataclasses import dataclass

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import ASG_NAME_TAG, AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.ec2.exceptions import EC2ClientError

from . import instances, launch_configurations

_DISTRIBUTION = {
    "OnDemandAllocationStrategy": "prioritized",
    "OnDemandBaseCapacity": 0,
    "OnDemandPercentageAboveBaseCapacity": 100,
    "SpotAllocationStrategy": "lowest-price",
}


@dataclass(frozen=True)
class Launch:
    """What a group launches. With a mixed instances policy the template, its version and the type are those of its first override."""

    configuration: object = None
    template: object = None
    version: str = ""
    instance_type: str = ""
    # As DescribeAutoScalingGroups tells it.
    specification: dict = None
    mix: dict = None

    def origin(self):
        """What tells the instances made from this from others, as DescribeAutoScalingInstances does."""
        if self.configuration:
            return {"LaunchConfigurationName": self.configuration.name}
        return {"LaunchTemplate": self.numbered(), "InstanceType": self.instance_type or self.template.get_version(self.version).instance_type}

    def numbered(self):
        number = str(self.template.get_version(self.version).number)
        return {"LaunchTemplateId": self.template.id, "LaunchTemplateName": self.template.name, "Version": number}

    def settings(self):
        """What moto takes from templates by itself, of a launch configuration."""
        if self.template:
            return {"launch_template": self.numbered()}
        of = self.configuration
        return {
            "launch_config": of,
            "key_name": of.key_name,
            "associate_public_ip": of.associate_public_ip_address,
            "ebs_optimized": of.ebs_optimized,
            "monitoring_state": "enabled" if of.instance_monitoring_enabled else "disabled",
            "metadata_options": of.metadata_options or {},
            "lifecycle": "spot" if of.spot_price else None,
        }


def install():
    FakeAutoScalingGroup._set_launch_configuration = _set_launch
    FakeAutoScalingGroup.replace_autoscaling_group_instances = _launch
    FakeAutoScalingGroup.update_from_cloudformation_json = classmethod(_update_in_stack)
    for name, of in {
        "ec2_launch_template": lambda launch: launch.template,
        "launch_config": lambda launch: launch.configuration,
        "launch_configuration_name": lambda launch: launch.configuration and launch.configuration.name,
        "launch_template": lambda launch: launch.specification,
        "launch_template_version": lambda launch: launch.version,
        "mixed_instances_policy": lambda launch: launch.mix,
    }.items():
        setattr(FakeAutoScalingGroup, name, _read_only(of))
    instance_type = FakeAutoScalingGroup.instance_type
    FakeAutoScalingGroup.instance_type = property(lambda self: self.launch.instance_type or instance_type.fget(self))
    InstanceState.launch_template = property(lambda self: origin(self).get("LaunchTemplate"))
    InstanceState.launch_configuration_name = property(lambda self: origin(self).get("LaunchConfigurationName"))
    for action in ("create_or_update_tags", "delete_tags"):
        _refuse_unknown_groups(action)


def _read_only(of):
    """An attribute that moto sets here and there."""
    return property(lambda self: of(getattr(self, "launch", Launch())), lambda self, value: None)


def named(backend, name):
    """The group of that name, or the error AWS answers when there is none."""
    if name not in backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return backend.autoscaling_groups[name]


def origin(state):
    """What an instance of a group was made from; nothing if it was attached."""
    return getattr(state, "origin", {})


@contextmanager
def launching(group, launch):
    """For a while, the group launches something else."""
    before, group.launch = group.launch, launch
    try:
        yield
    finally:
        group.launch = before


def launch_of(group, specification, mix):
    """What a launch template specification, or else a mixed instances policy, launches; refused if it cannot be launched."""
    if specification:
        template, version = _version(group, specification)
        return Launch(template=template, version=version, specification=_named(template, specification))
    mix = _overlaid(getattr(group, "launch", Launch()).mix, mix)
    overrides = mix["LaunchTemplate"]["Overrides"]
    chosen = _version(group, mix["LaunchTemplate"]["LaunchTemplateSpecification"])
    mix["LaunchTemplate"]["LaunchTemplateSpecification"] = _named(chosen[0], mix["LaunchTemplate"]["LaunchTemplateSpecification"])
    own = [_version(group, override["LaunchTemplateSpecification"]) for override in overrides if "LaunchTemplateSpecification" in override]
    if overrides and "LaunchTemplateSpecification" in overrides[0]:
        chosen = own[0]
    template, version = chosen
    return Launch(template=template, version=version, instance_type=overrides[0].get("InstanceType", "") if overrides else "", mix=mix)


def _overlaid(before, mix):
    """A policy is made with what it does not say by default, and of one that is there an update changes what it says."""
    before = copy.deepcopy(before or {"InstancesDistribution": _DISTRIBUTION, "LaunchTemplate": {"LaunchTemplateSpecification": {}, "Overrides": []}})
    before["LaunchTemplate"]["LaunchTemplateSpecification"].pop("LaunchTemplateName", None)  # it is shown beside the id
    return {part: before[part] | copy.deepcopy(mix.get(part, {})) for part in before}


def _set_launch(self, launch_config_name, launch_template, mixed_instances_policy):
    if launch_config_name:
        known = self.autoscaling_backend.launch_configurations
        if launch_config_name not in known:
            raise ValidationError("Launch configuration name not found - null")
        self.launch = Launch(configuration=known[launch_config_name])
    elif launch_template or mixed_instances_policy:
        self.launch = launch_of(self, launch_template, mixed_instances_policy)


def _version(group, specification):
    """The template and the version as the group names it. Auto Scaling tries the launch, so what EC2 would refuse is refused."""
    template_id, name = specification.get("LaunchTemplateId"), specification.get("LaunchTemplateName")
    if bool(template_id) == bool(name):
        raise ValidationError("Valid requests must contain either launchTemplateId or LaunchTemplateName")
    version = specification.get("Version") or "$Default"
    try:
        ec2 = group.ec2_backend
        template = ec2.get_launch_template(template_id) if template_id else ec2.get_launch_template_by_name(name)
        instances.check_image(ec2, template.get_version(version).image_id)
    except EC2ClientError as error:
        raise ValidationError(f"You must use a valid fully-formed launch template. {error.message}") from error
    return template, version


def _named(template, specification):
    named = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name}
    return named | ({"Version": specification["Version"]} if specification.get("Version") else {})


def _launch(self, count_needed, propagated_tags):
    launch = self.launch
    reservation = self.ec2_backend.run_instances(
        self.image_id,
        count_needed,
        self.user_data,
        self.security_groups,
        instance_type=self.instance_type,
        tags={"instance": propagated_tags | {ASG_NAME_TAG: self.name} | self.instance_tags},
        placement=self.availability_zones[0],
        is_instance_type_default=False,
        subnet_id=self.vpc_zone_identifier.split(",")[0] if self.vpc_zone_identifier else None,
        **launch.settings(),
    )
    for instance in reservation.instances:
        instance.autoscaling_group = self
        if launch.configuration and launch.configuration.iam_instance_profile:
            its_profile = launch_configurations.profile(launch.configuration.iam_instance_profile)
            self.ec2_backend.associate_iam_instance_profile(instance_id=instance.id, **its_profile)
        state = InstanceState(instance, protected_from_scale_in=self.new_instances_protected_from_scale_in)
        state.origin = launch.origin()
        self.instance_states.append(state)


def _update_in_stack(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    """In its place, where moto makes another."""
    properties = cloudformation_json["Properties"]
    sizes = {name: int(properties[name]) if name in properties else None for name in ("DesiredCapacity", "MaxSize", "MinSize")}
    original_resource.tags = properties.get("Tags", [])
    return original_resource.autoscaling_backend.update_auto_scaling_group(
        name=original_resource.name,
        availability_zones=properties.get("AvailabilityZones", []),
        desired_capacity=sizes["DesiredCapacity"],
        max_size=sizes["MaxSize"],
        min_size=sizes["MinSize"],
        launch_config_name=properties.get("LaunchConfigurationName"),
        launch_template=properties.get("LaunchTemplate"),
        vpc_zone_identifier=",".join(properties.get("VPCZoneIdentifier", [])) or None,
        health_check_period=properties.get("HealthCheckGracePeriod"),
        health_check_type=properties.get("HealthCheckType"),
        mixed_instances_policy=properties.get("MixedInstancesPolicy"),
    )


def _refuse_unknown_groups(action):
    original = getattr(AutoScalingBackend, action)

    def checked(self, tags):
        for tag in tags:
            named(self, tag["ResourceId"])
        original(self, tags)

    setattr(AutoScalingBackend, action, checked)
