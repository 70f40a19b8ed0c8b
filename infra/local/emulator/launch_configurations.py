"""Launch configurations: names are unique, what they name exists, they are described as they were made, and what a group uses stays.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLaunchConfiguration.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchConfiguration.html
https://docs.aws.amazon.com/code-library/latest/ug/auto-scaling_example_auto-scaling_DescribeLaunchConfigurations_section.html
"""

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.utils import filter_iam_instance_profiles

from . import images

LONGEST_NAME = 255
LARGEST_PAGE = 100


def install():
    _check(AutoScalingBackend.create_launch_configuration)
    _remember(AutoScalingResponse.create_launch_configuration)
    AutoScalingBackend.delete_launch_configuration = _delete
    AutoScalingResponse.describe_launch_configurations = _describe


def profile(name):
    """The arguments that name an instance profile to moto's EC2: a launch configuration has its name or its ARN."""
    by_arn = name.startswith("arn:")
    return {"iam_instance_profile_arn": name if by_arn else None, "iam_instance_profile_name": None if by_arn else name}


def _check(create):
    def create_launch_configuration(self, name, image_id, *arguments, **named):
        if not 1 <= len(name) <= LONGEST_NAME:
            raise ValidationError(f"LaunchConfigurationName has from 1 to {LONGEST_NAME} characters, not {len(name)}.")
        if name in self.launch_configurations:
            raise AutoscalingClientError("AlreadyExists", f"Launch Configuration by this name already exists - {name}")
        try:
            if image_id:
                images.of(self.ec2_backend, image_id)
        except ServiceException as error:
            raise ValidationError(f"AMI {image_id} is invalid: {error.message}") from error
        _check_names(self, named.get("key_name"), named.get("security_groups"), named.get("instance_profile_name"))
        return create(self, name, image_id, *arguments, **named)

    AutoScalingBackend.create_launch_configuration = create_launch_configuration


def _check_names(backend, key, groups, its_profile):
    if key and key not in {pair.key_name for pair in backend.ec2_backend.key_pairs.values()}:
        raise ValidationError(f"The key pair '{key}' does not exist")
    for group in groups or []:
        if backend.ec2_backend.get_security_group_by_name_or_id(group) is None:
            raise ValidationError(f"The security group '{group}' does not exist")
    try:
        if its_profile:
            filter_iam_instance_profiles(backend.account_id, partition="aws", **profile(its_profile))
    except ServiceException as error:
        raise ValidationError(f"Invalid IamInstanceProfile: {its_profile}") from error


def _remember(create):
    """moto drops the tenancy, and takes what was not said for false."""

    def create_launch_configuration(self):
        if "InstanceId" in self.params:
            raise NotImplementedError("a launch configuration made of an instance")
        answer, asked = create(self), self.params
        made = self.autoscaling_backend.launch_configurations[asked["LaunchConfigurationName"]]
        made.placement_tenancy = asked.get("PlacementTenancy")
        made.associate_public_ip_address = asked.get("AssociatePublicIpAddress")
        made.instance_monitoring_enabled = asked.get("InstanceMonitoring", {}).get("Enabled", True)
        return answer

    AutoScalingResponse.create_launch_configuration = create_launch_configuration


def _delete(self, launch_configuration_name):
    if launch_configuration_name not in self.launch_configurations:
        raise ValidationError("Launch configuration name not found - null")
    if any(group.launch_configuration_name == launch_configuration_name for group in self.autoscaling_groups.values()):
        message = f"Cannot delete launch configuration {launch_configuration_name} because it is attached to an AutoScalingGroup"
        raise AutoscalingClientError("ResourceInUse", message)
    del self.launch_configurations[launch_configuration_name]


def _describe(self):
    names, limit, start = self._get_param("LaunchConfigurationNames", []), self._get_int_param("MaxRecords", 50), int(self._get_param("NextToken") or 0)
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValidationError(f"MaxRecords is from 1 to {LARGEST_PAGE}.")
    found = [_described(made) for made in self.autoscaling_backend.describe_launch_configurations(names)]
    token = str(start + limit) if start + limit < len(found) else None
    return ActionResult({"LaunchConfigurations": found[start : start + limit], "NextToken": token})


def _described(made):
    """Texts that were not said are empty, and so are lists."""
    return {
        "LaunchConfigurationName": made.name,
        "LaunchConfigurationARN": made.arn,
        "CreatedTime": made.created_time,
        "ImageId": made.image_id,
        "InstanceType": made.instance_type,
        "KeyName": made.key_name or "",
        "SecurityGroups": made.security_groups,
        "ClassicLinkVPCId": made.classic_link_vpc_id,
        "ClassicLinkVPCSecurityGroups": made.classic_link_vpc_security_groups or [],
        # As it was sent: in Base64.
        "UserData": str(made.user_data or ""),
        "KernelId": made.kernel_id or "",
        "RamdiskId": made.ramdisk_id or "",
        "BlockDeviceMappings": made.block_device_mapping_dict or [],
        "InstanceMonitoring": made.instance_monitoring,
        "SpotPrice": made.spot_price,
        "IamInstanceProfile": made.iam_instance_profile,
        "EbsOptimized": made.ebs_optimized,
        "AssociatePublicIpAddress": made.associate_public_ip_address,
        "PlacementTenancy": getattr(made, "placement_tenancy", None),
        "MetadataOptions": made.metadata_options,
    }
