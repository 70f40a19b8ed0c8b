"""Launching: the image must exist in the Region and be available, and a launch template may name a parameter in its place.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidAMIID.NotFound, InvalidAMIID.Unavailable)
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html#use-an-ssm-parameter-instead-of-an-ami-id
"""

from moto.ec2.exceptions import EC2ClientError, UnvailableAMIIdError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ssm.models import ssm_backends

from . import images, volumes

RESOLVE = "resolve:ssm:"


def install():
    _check_images()
    _replace_in_stacks()


def _check_images():
    original = InstanceBackend.run_instances

    def run_instances(self, image_id, count, user_data, security_group_names, **kwargs):
        template = kwargs.get("launch_template")
        if not image_id and template:
            image_id = self._get_template_from_args(template).image_id
        image = check_image(self, image_id)
        image_id = image.id
        wanted = kwargs.get("block_device_mappings")
        if not wanted and template:
            wanted = self._get_template_from_args(template).data.get("BlockDeviceMappings")
        if not wanted and kwargs.get("launch_config"):
            wanted = kwargs["launch_config"].block_device_mapping_dict
        kwargs["block_device_mappings"] = volumes.of_launch(image, wanted)
        return original(self, image_id, count, user_data, security_group_names, **kwargs)

    InstanceBackend.run_instances = run_instances
    EC2Backend.run_instances = run_instances


def check_image(backend, image_id):
    """The image that a launch with this image id would run, or why there is none."""
    image = images.of(backend, resolve(backend, image_id))
    if image.state != "available":
        raise UnvailableAMIIdError(image.id)
    return image


def resolve(backend, image_id):
    """The image id behind resolve:ssm:name, :version or :label; AWS takes only parameters of the data type aws:ec2:image here."""
    if not image_id:
        raise EC2ClientError("MissingParameter", "The request must contain the parameter ImageId")
    if not image_id.startswith(RESOLVE):
        return image_id
    name = image_id.removeprefix(RESOLVE)
    parameter = ssm_backends[backend.account_id][backend.region_name].get_parameter(name)
    if parameter is None:
        raise EC2ClientError("InvalidParameterValue", f"The SSM parameter '{name}' does not exist")
    if parameter.data_type != "aws:ec2:image":
        raise EC2ClientError("InvalidParameterValue", f"The SSM parameter '{name}' is not of data type aws:ec2:image")
    return parameter.value


def _replace_in_stacks():
    """In a stack, launch templates are honoured, and an instance with another image is another instance, made before the old one goes.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html
    """
    original = Instance.create_from_cloudformation_json.__func__

    def create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = dict(cloudformation_json["Properties"])
        if "LaunchTemplate" in properties:
            template = ec2_backends[account_id][region_name]._get_template_from_args(properties["LaunchTemplate"])
            properties.setdefault("ImageId", template.image_id)
            properties.setdefault("InstanceType", template.instance_type)
        return original(cls, resource_name, {**cloudformation_json, "Properties": properties}, account_id, region_name, **kwargs)

    def update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        new = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
        ec2_backends[account_id][region_name].terminate_instances([original_resource.id])
        return new

    Instance.create_from_cloudformation_json = classmethod(create)
    Instance.update_from_cloudformation_json = classmethod(update)
