"""SSM documents of the type Command, schema 2.2: from CloudFormation too; their parameters checked and put into their steps.

https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-runShellScript
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-document.html
"""

import json
import re

from moto.ssm.exceptions import InvalidDocument, SSMException
from moto.ssm.models import Document

RUN_SHELL_SCRIPT = "aws:runShellScript"

# The one document of AWS that is here, as DescribeDocument shows it there.
_OWNED_BY_AWS = {
    "AWS-RunShellScript": {
        "schemaVersion": "2.2",
        "parameters": {
            "commands": {"type": "StringList"},
            "workingDirectory": {"type": "String", "default": ""},
            "executionTimeout": {"type": "String", "default": "3600", "allowedPattern": "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)"},
        },
        "mainSteps": [
            {
                "action": RUN_SHELL_SCRIPT,
                "name": "runShellScript",
                "inputs": {
                    "timeoutSeconds": "{{ executionTimeout }}",
                    "workingDirectory": "{{ workingDirectory }}",
                    "runCommand": "{{ commands }}",
                },
            }
        ],
    }
}


def install():
    original = Document.create_from_cloudformation_json.__func__

    # A template may hold the content as an object, and leave out what has a default.
    def create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = {"DocumentFormat": "JSON", "DocumentType": "Command", "Name": resource_name, **cloudformation_json["Properties"]}
        if not isinstance(properties["Content"], str):
            properties["Content"] = json.dumps(properties["Content"])
        return original(cls, resource_name, {**cloudformation_json, "Properties": properties}, account_id, region_name, **kwargs)

    Document.create_from_cloudformation_json = classmethod(create)


def content(backend, name, version=None):
    """A document, and its version, by its name or ARN."""
    name = name.split("/")[-1]
    if name in _OWNED_BY_AWS:
        return _OWNED_BY_AWS[name], "1"
    document = backend._get_documents(name).find(None if version == "$DEFAULT" else version)
    found = document.content_json
    if document.document_type != "Command" or document.schema_version != "2.2":
        raise InvalidDocument(f"{name} is no Command document of the schema 2.2, the only one that is run here")
    unknown = {step["action"] for step in found["mainSteps"]} - {RUN_SHELL_SCRIPT}
    if unknown:
        raise InvalidDocument(f"{name} has steps that are not run here: {sorted(unknown)}")
    return found, document.document_version


def parameters(document, given):
    """Every parameter's value, or InvalidParameters: what is given must be declared, and what has no default must be given."""
    declared = document.get("parameters", {})
    for name in given:
        if name not in declared:
            _refuse(f"Parameter {name} is not defined in the document")
    return {name: _value(name, declaration, given.get(name)) for name, declaration in declared.items()}


def _value(name, declaration, given):
    if given is None:
        if "default" not in declaration:
            _refuse(f"Parameter {name} requires a value")
        return declaration["default"]
    is_list = declaration["type"] == "StringList"
    if not is_list and len(given) != 1:
        _refuse(f"Parameter {name} takes one value")
    for value in given:
        if "allowedValues" in declaration and value not in declaration["allowedValues"]:
            _refuse(f"Parameter {name} is none of the allowed values {declaration['allowedValues']}")
        if "allowedPattern" in declaration and not re.fullmatch(declaration["allowedPattern"], value):
            _refuse(f"Parameter {name} does not match the pattern {declaration['allowedPattern']}")
        if not declaration.get("minChars", 0) <= len(value) <= declaration.get("maxChars", len(value)):
            _refuse(f"Parameter {name} is too short or too long")
    return given if is_list else given[0]


def _refuse(message):
    raise SSMException("InvalidParameters", message)


def steps(document, values):
    """The steps for a Linux host, with the values in place of {{ name }}."""
    for step in document["mainSteps"]:
        platforms = step.get("precondition", {}).get("StringEquals", ["platformType", "Linux"])
        if set(platforms) == {"platformType", "Linux"}:
            yield {**step, "inputs": _rendered(step["inputs"], values)}


def _rendered(value, values):
    if isinstance(value, dict):
        return {name: _rendered(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        lines = [_rendered(inner, values) for inner in value]
        return [line for inner in lines for line in (inner if isinstance(inner, list) else [inner])]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", value)
    if whole and whole.group(1) in values:
        return values[whole.group(1)]
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: _text(values.get(found.group(1), found.group())), value)


def _text(value):
    return " ".join(value) if isinstance(value, list) else str(value)
