"""What moto works out anew for every call, and is the same each time: names, folders, methods. In a fleet it is most of what a call costs."""

import functools

from moto import backends
from moto.core import responses, utils
from moto.core.serialize import XFormedAttributePicker
from moto.sqs import models as sqs


def install():
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    responses.method_names_from_class = functools.cache(utils.method_names_from_class)
    sqs.camelcase_to_underscores = functools.cache(utils.camelcase_to_underscores)
    _keys()


def _keys():
    original = XFormedAttributePicker.get_possible_keys
    known = {}

    # The attributes that may hold what AWS's model calls by a name depend on the object's class and on the shape that the name is in.
    def get_possible_keys(self, context):
        shape, service = context.shape, context.service_model
        parent = getattr(shape, "parent", None)
        place = (
            type(context.obj),
            context.key,
            service and service.service_name,
            parent and parent.name,
            shape is not None and shape.serialization.get("name"),
            tuple(self.alias_providers),
        )
        if place not in known:
            known[place] = tuple(dict.fromkeys(original(self, context)))
        return known[place]

    XFormedAttributePicker.get_possible_keys = get_possible_keys
