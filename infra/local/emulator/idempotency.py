"""Client tokens: the same token with the same request is the same resource, with another request an error.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from moto.ec2.exceptions import EC2ClientError


def once(backend, action, request, make):
    """What make makes; what it made before, if the request's token says that this is the same request."""
    token = request.get("ClientToken")
    if not token:
        return make()
    made = backend.__dict__.setdefault("made_by_token", {})
    if (action, token) not in made:
        made[action, token] = request, make()
    before, resource = made[action, token]
    if before != request:
        raise EC2ClientError("IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.")
    return resource
