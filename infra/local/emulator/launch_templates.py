"""Launch templates are listed in pages, to the last one; moto stops after the first.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.launch_templates import LaunchTemplates

LARGEST_PAGE = 200

_ALL = 1_000_000_000


def install():
    _page("describe_launch_templates", "LaunchTemplates")
    _page("describe_launch_template_versions", "LaunchTemplateVersions")


def _page(action, name):
    original = getattr(LaunchTemplates, action)

    def paged(self):
        limit, start = self._get_param("MaxResults", LARGEST_PAGE), int(self._get_param("NextToken") or 0)
        if not 1 <= limit <= LARGEST_PAGE:
            raise EC2ClientError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid. Expecting a value from 1 to 200.")
        self.params = {**self.params, "MaxResults": _ALL}
        found = original(self).result[name]
        token = str(start + limit) if start + limit < len(found) else None
        return ActionResult({name: found[start : start + limit], "NextToken": token})

    paged.__name__ = action
    setattr(LaunchTemplates, action, paged)
