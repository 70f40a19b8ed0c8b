"""Launch configurations: names are unique, images exist, and what a group uses stays.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLaunchConfiguration.html
"""

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.ec2.exceptions import EC2ClientError

from . import images


def install():
    create, delete = AutoScalingBackend.create_launch_configuration, AutoScalingBackend.delete_launch_configuration

    def create_launch_configuration(self, name, image_id, *arguments, **keywords):
        if name in self.launch_configurations:
            raise AutoscalingClientError("AlreadyExists", f"Launch Configuration by this name already exists - {name}")
        try:
            if image_id:
                images.of(self.ec2_backend, image_id)
        except EC2ClientError as error:
            raise ValidationError(f"AMI {image_id} is invalid: {error.message}") from error
        return create(self, name, image_id, *arguments, **keywords)

    def delete_launch_configuration(self, launch_configuration_name):
        if launch_configuration_name not in self.launch_configurations:
            raise ValidationError("Launch configuration name not found - null")
        if any(group.launch_configuration_name == launch_configuration_name for group in self.autoscaling_groups.values()):
            message = f"Cannot delete launch configuration {launch_configuration_name} because it is attached to an AutoScalingGroup"
            raise AutoscalingClientError("ResourceInUse", message)
        delete(self, launch_configuration_name)

    AutoScalingBackend.create_launch_configuration = create_launch_configuration
    AutoScalingBackend.delete_launch_configuration = delete_launch_configuration
