"""Starts the local AWS; see README.md beside this file."""

import os
import sys
import types
from pathlib import Path

# moto reads these when it is imported: no images of its own, and no CORS headers nobody asks for.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
# The URLs that botocore and boto3 inside moto would call are never real AWS.
os.environ.setdefault("AWS_ACCESS_KEY_ID", "local")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")

# moto's CloudFormation imports its API Gateway, which imports a validator with fifteen dependencies that nothing here would call.
_validator = types.ModuleType("openapi_spec_validator")
_validator.validate = None
_errors = types.ModuleType("openapi_spec_validator.validation.exceptions")
_errors.OpenAPIValidationError = Exception
sys.modules |= {module.__name__: module for module in (_validator, types.ModuleType("openapi_spec_validator.validation"), _errors)}

# Run as a folder, Python puts the folder itself on the path; as a package, modules see each other by relative imports.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from emulator.server import main  # noqa: E402

if __name__ == "__main__":
    main()
