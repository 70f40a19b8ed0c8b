"""Filters and pages of EC2's Describe calls; what has a tag is found without a look at the rest.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html#Filtering_Resources_CLI
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination
"""

import base64
import itertools
import re

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.amis import Ami
from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.models.instances import Reservation

from . import tags

SMALLEST_PAGE, LARGEST_PAGE = 5, 1000

_numbers = itertools.count(1)


def install():
    """Numbers what is listed in pages in the order of its creation."""
    for kind in (Ami, Reservation, Snapshot, Volume):
        _count(kind)


def _count(kind):
    original = kind.__init__

    def __init__(self, *arguments, **keywords):
        original(self, *arguments, **keywords)
        self.listed_as = next(_numbers)

    kind.__init__ = __init__


def candidates(backend, items, wanted, known):
    """Of a dictionary by id the items that need a look at all, in the order of their creation.

    Those with a tag that is asked for, or with a value of a filter for which known finds the ids.
    """
    for name, values in (wanted or {}).items():
        find = (lambda value, key=name.removeprefix("tag:"): tags.having(backend, key, value)) if name.startswith("tag:") else known.get(name)
        if find and not any(set("*?\\") & set(value) for value in values):
            found = set().union(*(find(value) for value in values))
            return sorted((items[item_id] for item_id in found if item_id in items), key=lambda item: item.listed_as)
    return list(items.values())


def apply(items, wanted, fields, otherwise=None):
    """The items that every filter lets pass. fields has a function for each filter's value; otherwise judges by any other filter."""
    for name, values in (wanted or {}).items():
        value_of = _tag_value_of(name) or fields.get(name)
        if value_of:
            matches = matcher(values)
            items = [item for item in items if matches(value_of(item))]
        elif otherwise:
            items = [item for item in items if otherwise(item, name, values)]
        else:
            raise EC2ClientError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return items


def _tag_value_of(name):
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda item: item.ec2_backend.tags.get(item.id, {}).get(key)
    if name == "tag-key":
        return lambda item: list(item.ec2_backend.tags.get(item.id, {}))
    return None


def matcher(wanted):
    """Values are case-sensitive; * and ? are wildcards, a backslash takes their meaning away."""
    exact = {value for value in wanted if not set("*?\\") & set(value)}
    patterns = [_pattern(value) for value in wanted if value not in exact]

    def matches(value):
        values = value if isinstance(value, list) else [value]
        return any(v is not None and (v in exact or any(p.fullmatch(v) for p in patterns)) for v in values)

    return matches


def _pattern(value):
    parts = re.findall(r"\\.|[*?]|[^*?\\]+|\\", value, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(p) or re.escape(p[1:] if len(p) == 2 and p[0] == "\\" else p) for p in parts), re.DOTALL)


def page(items, limit, token, ids=()):
    """One page and the token of the next. Items are in the order of their creation."""
    if ids and limit:
        raise EC2ClientError("InvalidParameterCombination", "Ids cannot be used with the parameter maxResults")
    if limit and not SMALLEST_PAGE <= limit <= LARGEST_PAGE:
        raise EC2ClientError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.")
    if token:
        items = after(items, token)
    if not limit or len(items) <= limit:
        return items, None
    return items[:limit], base64.urlsafe_b64encode(str(items[limit - 1].listed_as).encode()).decode()


def after(items, token):
    """What comes after the last page: a token outlives the item it names, and what is new or gone neither shifts nor repeats others."""
    last = int(base64.urlsafe_b64decode(token))
    return [item for item in items if item.listed_as > last]
