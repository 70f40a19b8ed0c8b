"""DescribeImageReferences: the instances, launch templates and parameters of the account that name an image.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageReferences.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.amis import AmisResponse
from moto.ssm.models import ssm_backends

MOST_IMAGES = 10


def install():
    AmisResponse.describe_image_references = _describe_image_references


def _describe_image_references(self):
    self.error_on_dryrun()
    ids, backend = self._get_param("ImageIds", []), self.ec2_backend
    if not 1 <= len(ids) <= MOST_IMAGES:
        raise EC2ClientError("InvalidParameterValue", f"From 1 to {MOST_IMAGES} images can be asked for, not {len(ids)}")
    everything = self._get_param("IncludeAllResourceTypes", False)
    kinds = {kind["ResourceType"] for kind in self._get_param("ResourceTypes", [])}
    start, limit = int(self._get_param("NextToken") or 0), self._get_param("MaxResults", 1000)
    found = [
        {"ImageId": image_id, "ResourceType": kind, "Arn": f"arn:aws:{kind.split(':')[0]}:{backend.region_name}:{backend.account_id}:{resource}"}
        for image_id, kind, resource in _all(backend)
        if image_id in ids and (everything or kind in kinds)
    ]
    token = str(start + limit) if start + limit < len(found) else None
    return ActionResult({"ImageReferences": found[start : start + limit], "NextToken": token})


def _all(backend):
    for instance in backend.all_instances():
        if instance.state != "terminated":
            yield instance.image_id, "ec2:Instance", f"instance/{instance.id}"
    for template in backend.launch_templates.values():
        for image_id in {version.data.get("ImageId") for version in template.versions}:
            yield image_id, "ec2:LaunchTemplate", f"launch-template/{template.id}"
    for name, versions in ssm_backends[backend.account_id][backend.region_name]._parameters.items():
        if versions and versions[-1].data_type == "aws:ec2:image":
            yield versions[-1].value, "ssm:Parameter", f"parameter/{name.lstrip('/')}"
