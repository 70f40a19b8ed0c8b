"""Launch templates and their versions: inheritance, client tokens, numbers that are never used again, filters, deletion, pages.

A page is long enough for a caller that asks for none, and has a token for the next.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
"""

import copy

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

from . import filters, idempotency, instances
from .describe_images import timestamp

LARGEST_PAGE = 200
MOST_DELETED = 200

_FILTERS = {
    "create-time": lambda version: timestamp(version["CreateTime"]),
    "ebs-optimized": lambda version: str(version["LaunchTemplateData"].get("EbsOptimized", False)).lower(),
    "iam-instance-profile": lambda version: version["LaunchTemplateData"].get("IamInstanceProfile", {}).get("Arn"),
    "image-id": lambda version: version["LaunchTemplateData"].get("ImageId"),
    "instance-type": lambda version: version["LaunchTemplateData"].get("InstanceType"),
    "is-default-version": lambda version: str(version["DefaultVersion"]).lower(),
    "kernel-id": lambda version: version["LaunchTemplateData"].get("KernelId"),
    "ram-disk-id": lambda version: version["LaunchTemplateData"].get("RamDiskId"),
}


def install():
    _number()
    LaunchTemplates.create_launch_template_version = _create_version
    LaunchTemplates.delete_launch_template_versions = _delete_versions
    _page("describe_launch_templates", "LaunchTemplates", lambda self, found: found)
    _page("describe_launch_template_versions", "LaunchTemplateVersions", _versions)


def _number():
    """Versions are known by their numbers and not by their places: some in between may be deleted, and the last number is not used again."""

    def create_version(self, data, description):
        self.last_number = getattr(self, "last_number", 0) + 1
        version = LaunchTemplateVersion(self, self.last_number, data, description)
        self.versions.append(version)
        return version

    def get_version(self, wanted):
        name = str(wanted).lower()
        number = {"$latest": self.versions[-1].number, "$default": self.default_version_number}.get(name, name)
        for version in self.versions:
            if str(version.number) == str(number):
                return version
        raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=wanted)

    LaunchTemplate.create_version = create_version
    LaunchTemplate.get_version = get_version
    LaunchTemplate.default_version = lambda self: self.get_version("$Default")


def _template(self):
    template_id, name = self._get_param("LaunchTemplateId"), self._get_param("LaunchTemplateName")
    if bool(template_id) == bool(name):
        raise EC2ClientError("InvalidParameterCombination", "Specify either the launch template ID or the launch template name, but not both.")
    return self.ec2_backend.get_launch_template(template_id) if template_id else self.ec2_backend.get_launch_template_by_name(name)


def _create_version(self):
    request = {name: value for name, value in self.params.items() if name != "DryRun"}
    template, source = _template(self), self._get_param("SourceVersion")
    self.error_on_dryrun()

    def make():
        data = copy.deepcopy(request.get("LaunchTemplateData", {}))
        if "UserData" in data:
            data["UserData"] = parse_user_data(data["UserData"])
        if source:
            data = _inherited(template.get_version(source).data) | data
        return template.create_version(data, self._get_param("VersionDescription"))

    version = idempotency.once(self.ec2_backend, "CreateLaunchTemplateVersion", request, make)
    answer = {
        "CreateTime": version.create_time,
        "CreatedBy": f"arn:{self.partition}:iam::{self.current_account}:root",
        "DefaultVersion": template.is_default(version),
        "LaunchTemplateData": version.data,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionDescription": version.description,
        "VersionNumber": version.number,
    }
    return ActionResult({"LaunchTemplateVersion": answer} | _warning(self.ec2_backend, version.image_id))


def _inherited(data):
    """Everything but the snapshots of block device mappings, which a new version has only where it names them itself."""
    inherited = copy.deepcopy(data)
    for mapping in inherited.get("BlockDeviceMappings", []):
        mapping.get("Ebs", {}).pop("SnapshotId", None)
    return inherited


def _warning(backend, image_id):
    """A version with parameters that are not valid is made all the same."""
    try:
        if image_id:
            instances.check_image(backend, image_id)
    except EC2ClientError as error:
        return {"Warning": {"Errors": [{"Code": error.code, "Message": error.message}]}}
    return {}


def _delete_versions(self):
    template, numbers = _template(self), self._get_param("Versions", [])
    if len(numbers) > MOST_DELETED:
        raise EC2ClientError("InvalidParameterValue", f"Up to {MOST_DELETED} versions can be deleted at once, not {len(numbers)}")
    self.error_on_dryrun()
    deleted, refused = [], []
    for number in numbers:
        item = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": int(number)}
        version = next((version for version in template.versions if str(version.number) == number), None)
        if version is None:
            problem = "launchTemplateVersionDoesNotExist", f"The version {number} does not exist."
        elif template.is_default(version):
            # That it is refused is documented, how is not: the documented codes leave this one.
            problem = "unexpectedError", "You can't delete the default version of a launch template."
        else:
            template.versions.remove(version)
            deleted.append(item)
            continue
        refused.append(item | {"ResponseError": dict(zip(("Code", "Message"), problem))})
    return ActionResult({"SuccessfullyDeletedLaunchTemplateVersions": deleted, "UnsuccessfullyDeletedLaunchTemplateVersions": refused})


def _versions(self, found):
    """moto takes a range of versions for one of places, and leaves out filters and aliases."""
    lowest, highest = self._get_int_param("MinVersion"), self._get_int_param("MaxVersion")
    found = [v for v in found if (lowest or 1) <= v["VersionNumber"] <= (highest or v["VersionNumber"])]
    if self._get_bool_param("ResolveAlias", False):
        found = [v | {"LaunchTemplateData": v["LaunchTemplateData"] | _resolved(self.ec2_backend, v["LaunchTemplateData"])} for v in found]
    return filters.apply(found, self._filters_from_querystring(), _FILTERS)


def _resolved(backend, data):
    return {"ImageId": instances.resolve(backend, data["ImageId"])} if "ImageId" in data else {}


def _page(action, name, choose):
    original = getattr(LaunchTemplates, action)

    def paged(self):
        limit, start = self._get_param("MaxResults", LARGEST_PAGE), int(self._get_param("NextToken") or 0)
        if not 1 <= limit <= LARGEST_PAGE:
            raise EC2ClientError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid. Expecting a value from 1 to 200.")
        request = self.params
        self.params = {key: value for key, value in request.items() if key not in ("MinVersion", "MaxVersion")} | {"MaxResults": 1_000_000_000}
        found = original(self).result[name]
        self.params = request
        found = choose(self, found)
        token = str(start + limit) if start + limit < len(found) else None
        return ActionResult({name: found[start : start + limit], "NextToken": token})

    paged.__name__ = action
    setattr(LaunchTemplates, action, paged)
