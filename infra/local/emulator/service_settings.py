"""Parameter Store's service settings, which moto lacks: one value for the account in each Region.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetServiceSetting.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html
"""

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

DEFAULTS = {
    "/ssm/parameter-store/default-parameter-tier": "Standard",
    "/ssm/parameter-store/high-throughput-enabled": "false",
}

_customized = {}  # (Region, setting) -> its value, and since when


class ServiceSettingNotFound(SSMException):
    def __init__(self, setting):
        super().__init__("ServiceSettingNotFound", f"Setting {setting} does not exist")


def install():
    SimpleSystemManagerResponse.get_service_setting = _get
    SimpleSystemManagerResponse.update_service_setting = _update
    SimpleSystemManagerResponse.reset_service_setting = _reset


def _get(self):
    return ActionResult({"ServiceSetting": _described(self, _wanted(self))})


def _update(self):
    _customized[self.region, _wanted(self)] = self._get_param("SettingValue"), utcnow()
    return EmptyResult()


def _reset(self):
    setting = _wanted(self)
    _customized.pop((self.region, setting), None)
    return ActionResult({"ServiceSetting": _described(self, setting)})


def _wanted(self):
    """A setting is named by its id, or by its ARN."""
    named = self._get_param("SettingId")
    setting = "/" + named.partition(":servicesetting/")[2] if named.startswith("arn:") else named
    if setting not in DEFAULTS:
        raise ServiceSettingNotFound(named)
    return setting


def _described(self, setting):
    arn = f"arn:aws:ssm:{self.region}:{DEFAULT_ACCOUNT_ID}:servicesetting{setting}"
    described = {"SettingId": setting, "SettingValue": DEFAULTS[setting], "ARN": arn, "Status": "Default"}
    if (self.region, setting) in _customized:
        value, since = _customized[self.region, setting]
        described |= {"SettingValue": value, "LastModifiedDate": since, "Status": "Customized"}
    return described
