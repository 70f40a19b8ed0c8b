"""Regions that are down: they answer no call, and EventBridge there delivers nothing until they are up again."""

_down = set()

# Called with the name of a Region that came back.
on_up = []


def is_down(region):
    return region in _down


def set_up(region, up):
    if up:
        _down.discard(region)
        for callback in on_up:
            callback(region)
    else:
        _down.add(region)


def down():
    return sorted(_down)
