"""DescribeImages: every filter that lastgood uses, disabled images, and paging.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
"""

import base64

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError, MalformedAMIIdError
from moto.ec2.models.amis import AmiBackend
from moto.ec2.responses._base_response import EC2BaseResponse
from moto.ec2.responses.amis import AmisResponse

from . import filters as filters_of
from . import image_snapshots

MAX_RESULTS = 1000

_FILTERS = {
    "architecture": lambda image: image.architecture,
    "block-device-mapping.snapshot-id": lambda image: image_snapshots.ids(image),
    "creation-date": lambda image: timestamp(image.creation_date),
    "description": lambda image: image.description,
    "hypervisor": lambda image: image.hypervisor,
    "image-id": lambda image: image.id,
    "image-type": lambda image: image.image_type,
    "is-public": lambda image: str(image.is_public).lower(),
    "kernel-id": lambda image: image.kernel_id,
    "name": lambda image: image.name,
    "owner-alias": lambda image: image.owner_alias,
    "owner-id": lambda image: image.owner_id,
    "platform": lambda image: image.platform,
    "root-device-name": lambda image: image.root_device_name,
    "root-device-type": lambda image: image.root_device_type,
    "source-image-id": lambda image: image.source_image_id,
    "source-image-region": lambda image: image.source_image_region,
    "source-instance-id": lambda image: image.source_instance_id,
    "state": lambda image: image.state,
    "state-reason-code": lambda image: (image.state_reason or {}).get("Code"),
    "state-reason-message": lambda image: (image.state_reason or {}).get("Message"),
    "virtualization-type": lambda image: image.virtualization_type,
}


def install():
    AmiBackend.describe_images = _find
    AmisResponse.describe_images = _describe_images
    EC2BaseResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER["Image.CreationDate"] = timestamp


def timestamp(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _find(self, ami_ids=None, filters=None, exec_users=None, owners=None):
    """Images in the order of their creation, disabled ones included. Named ids must exist, filtered ones need not."""
    found = filters_of.candidates(self, self.amis, filters, {"image-id": lambda value: {value}})
    if ami_ids:
        malformed = [image_id for image_id in ami_ids if not image_id.startswith("ami-")]
        if malformed:
            raise MalformedAMIIdError(malformed)
        missing = [image_id for image_id in ami_ids if image_id not in self.amis]
        if missing:
            raise InvalidAMIIdError(missing)
        found = [self.amis[image_id] for image_id in ami_ids]
    if owners:
        found = [image for image in found if image.owner_id in owners or ("self" in owners and image.owner_id == self.account_id)]
    return filters_of.apply(found, filters, _FILTERS)


def _describe_images(self):
    self.error_on_dryrun()
    ids, limit, token = self._get_param("ImageIds", []), self._get_param("MaxResults"), self._get_param("NextToken")
    if ids and limit:
        raise EC2ClientError("InvalidParameterCombination", "The parameter imageIds cannot be used with the parameter maxResults")
    images = self.ec2_backend.describe_images(
        ami_ids=ids, filters=self._filters_from_querystring(), owners=self._get_param("Owners", [])
    )
    if not self._get_param("IncludeDisabled", False):
        images = [image for image in images if image.state != "disabled"]
    if not limit:
        return ActionResult({"Images": images})
    if limit > MAX_RESULTS:
        raise EC2ClientError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid.")
    # The token names the last image of the page by its creation date, which no two images share: what is created or deregistered
    # between two pages neither shifts nor repeats the others.
    if token:
        after = base64.urlsafe_b64decode(token).decode()
        images = [image for image in images if timestamp(image.creation_date) > after]
    page, rest = images[:limit], images[limit:]
    token = base64.urlsafe_b64encode(timestamp(page[-1].creation_date).encode()).decode() if rest else None
    return ActionResult({"Images": page, "NextToken": token})
