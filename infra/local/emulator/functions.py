"""Lambda: code that can be downloaded, mappings that are listed whole, functions that keep what their template says.

https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
"""

from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

_endpoint = ""

# Properties of AWS::Lambda::Function that moto's CloudFormation leaves out.
_KEPT = ("Architectures", "Layers", "TracingConfig", "EphemeralStorage", "PackageType", "KMSKeyArn", "DeadLetterConfig")


def install():
    _locate_code()
    _keep_properties()
    _normalize_mappings()


def serve_code_at(endpoint):
    global _endpoint
    _endpoint = endpoint


def code(region, name):
    """The function's zip file."""
    return get_backend(DEFAULT_ACCOUNT_ID, region).get_function(name).code_bytes


def _locate_code():
    original = LambdaFunction.get_code

    def get_code(self):
        answer = original(self)
        if "Location" in answer.get("Code", {}):
            answer["Code"]["Location"] = f"{_endpoint}/_lastgood/functions/{self.region}/{self.function_name}"
        return answer

    LambdaFunction.get_code = get_code


def _keep_properties():
    create_function, update = LambdaBackend.create_function, LambdaFunction.update_from_cloudformation_json.__func__
    create = LambdaFunction.create_from_cloudformation_json.__func__
    properties = []

    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties.append(cloudformation_json["Properties"])
        try:
            return create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
        finally:
            properties.pop()

    def create_function_with_all(self, spec):
        if properties:
            spec |= {name: properties[-1][name] for name in _KEPT if name in properties[-1]}
            spec.setdefault("Tags", {tag["Key"]: tag["Value"] for tag in properties[-1].get("Tags", [])})
        for name in ("Timeout", "MemorySize"):
            if name in spec:
                spec[name] = int(spec[name])
        return create_function(self, spec)

    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        wanted = {"Environment": {"Variables": {}}, **cloudformation_json["Properties"]}
        if "Architectures" in wanted:
            original_resource.architectures = wanted["Architectures"]
        return update(cls, original_resource, new_resource_name, {"Properties": wanted}, account_id, region_name)

    LambdaFunction.create_from_cloudformation_json = classmethod(create_from_cloudformation_json)
    LambdaFunction.update_from_cloudformation_json = classmethod(update_from_cloudformation_json)
    LambdaBackend.create_function = create_function_with_all


def _normalize_mappings():
    create, list_mappings = LambdaBackend.create_event_source_mapping, LambdaBackend.list_event_source_mappings
    get_configuration = EventSourceMapping.get_configuration

    def create_event_source_mapping(self, spec):
        # CloudFormation's template values may be strings where the API has numbers and booleans.
        for name in ("BatchSize", "MaximumBatchingWindowInSeconds"):
            if name in spec:
                spec[name] = int(spec[name])
        spec["Enabled"] = str(spec.get("Enabled", True)).lower() == "true"
        return create(self, spec)

    def list_event_source_mappings(self, event_source_arn, function_name):
        # A function may be asked for by its name or its ARN, whichever the mapping was made with.
        found = list_mappings(self, event_source_arn, None)
        name = (function_name or "").split(":")[-1]
        return [mapping for mapping in found if not name or mapping.function_arn.split(":")[6] == name]

    def get_whole_configuration(self):
        # AWS always answers the window; 0 unless configured.
        return {"MaximumBatchingWindowInSeconds": 0, **get_configuration(self)}

    LambdaBackend.create_event_source_mapping = create_event_source_mapping
    LambdaBackend.list_event_source_mappings = list_event_source_mappings
    EventSourceMapping.get_configuration = get_whole_configuration
