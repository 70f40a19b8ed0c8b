"""Parameter Store: change events, and parameters of the data type aws:ec2:image, which are validated after PutParameter has answered.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

import copy

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import ValidationException
from moto.ssm.models import SimpleSystemManagerBackend
from moto.ssm.responses import SimpleSystemManagerResponse

from . import calls, clock, events

IMAGE = "aws:ec2:image"
PAGE, LARGEST_PAGE = 10, 50

_validation_seconds = 0.5
_put = SimpleSystemManagerBackend.put_parameter
_delete = SimpleSystemManagerBackend.delete_parameter
_delete_many = SimpleSystemManagerBackend.delete_parameters


def install(validation_seconds):
    global _validation_seconds
    _validation_seconds = validation_seconds
    SimpleSystemManagerBackend.put_parameter = _put_parameter
    SimpleSystemManagerBackend.delete_parameter = _delete_parameter
    SimpleSystemManagerBackend.delete_parameters = _delete_parameters
    SimpleSystemManagerResponse.describe_parameters = _describe_parameters


def _put_parameter(self, name, *arguments, **keywords):
    # What the request gets wrong is refused at once, and its answer is known at once, so it is tried on a copy first.
    tried = _on_a_copy(self, name, lambda: _put(self, name, *arguments, **keywords))
    if tried.data_type != IMAGE:
        return _write(self, name, arguments, keywords)
    # CloudFormation waits for the validation.
    if calls.current().service == "cloudformation":
        if not _image_is_usable(self, tried.value):
            raise ValidationException(f"Unable to describe the image {tried.value}")
        return _write(self, name, arguments, keywords)
    clock.later(_validation_seconds, lambda: _validate(self, name, arguments, keywords, tried))
    return tried


def _on_a_copy(self, name, action):
    parameters, resource_tags = self._parameters, self._resource_tags
    trial = type(parameters)(self.account_id, self.region_name)
    if name in parameters:
        trial[name].extend(copy.copy(version) for version in parameters[name])
    self._parameters, self._resource_tags = trial, copy.deepcopy(resource_tags)
    try:
        return action()
    finally:
        self._parameters, self._resource_tags = parameters, resource_tags


def _write(self, name, arguments, keywords):
    operation = "Update" if name in self._parameters and self._parameters[name] else "Create"
    parameter = _put(self, name, *arguments, **keywords)
    _announce(self, parameter, operation)
    return parameter


def _validate(self, name, arguments, keywords, tried):
    operation = "Update" if name in self._parameters and self._parameters[name] else "Create"
    if _image_is_usable(self, tried.value):
        try:
            _write(self, name, arguments, keywords)
            return
        except Exception as error:
            reason = str(error)
    else:
        reason = "Unable to Describe Resource"
    detail = {"exception": reason, "dataType": IMAGE, "type": tried.parameter_type}
    events.parameter_change(self.region_name, name, operation, **detail)


def _image_is_usable(self, image_id):
    image = ec2_backends[self.account_id][self.region_name].amis.get(image_id)
    return image is not None and image.state == "available"


def _delete_parameter(self, name):
    parameter = self.get_parameter(name)
    _delete(self, name)
    _announce(self, parameter, "Delete")


def _delete_parameters(self, names):
    known = {name: self.get_parameter(name) for name in names}
    deleted = _delete_many(self, names)
    for name in deleted:
        _announce(self, known[name], "Delete")
    return deleted


def _announce(self, parameter, operation):
    detail = {"type": parameter.parameter_type}
    if parameter.description:
        detail["description"] = parameter.description
    events.parameter_change(self.region_name, parameter.name, operation, **detail)


def _describe_parameters(self):
    """moto's page is always ten long; AWS lets the caller choose, up to fifty."""
    limit, start = self._get_param("MaxResults", PAGE), int(self._get_param("NextToken") or 0)
    if limit > LARGEST_PAGE:
        raise ValidationException(f"Value {limit} at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50")
    found = self.ssm_backend.describe_parameters(self._get_param("Filters"), self._get_param("ParameterFilters"))
    answer = {"Parameters": [parameter.describe_response_object(False) for parameter in found[start : start + limit]]}
    if start + limit < len(found):
        answer["NextToken"] = str(start + limit)
    return ActionResult(answer)
