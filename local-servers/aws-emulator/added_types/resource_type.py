"""What the added types have in common."""

import json

from ministack.services.cloudformation import provisioners as engine


class ResourceType:
    """One type: how it is made and unmade, and what of it changes in place.

    create(name, props) gets a generated name and returns (physical id, attributes).
    update(physical id, props) returns the attributes. It is asked only when no property but `mutable` changed: any other change makes
    a new resource, and the engine deletes the old one when the stack's update succeeds.
    """

    def __init__(self, create, delete, update=None, mutable=(), required=()):
        self._create, self._delete, self._update = create, delete, update
        self._mutable, self._required = set(mutable), required

    def handlers(self, type_name):
        def create(logical_id, props, stack_name):
            for name in self._required:
                if props.get(name) in (None, "", [], {}):
                    raise ValueError(f"{type_name}: required key [{name}] not found")
            return self._create(engine._physical_name(stack_name, logical_id, max_len=100), props)

        def update(physical_id, old, new, stack_name, logical_id=None):
            changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
            if self._update is None or not changed <= self._mutable:
                return engine._seeded_create(create, logical_id or physical_id, new, stack_name)
            return physical_id, self._update(physical_id, new)

        return {"create": create, "update": update, "update_with_logical_id": True, "delete": self._delete}


def accepted(response):
    """The body of an answer of the emulator's API; an error fails the resource."""
    status, _, body = response
    text = body.decode() if isinstance(body, bytes) else body
    if status >= 400:
        raise ValueError(text)
    return text


def accepted_json(response):
    return json.loads(accepted(response))


def camel(props, *names):
    """The named properties that are there, as the JSON APIs spell them. Not for tags, whose keys are the user's."""
    return engine._pascal_to_camel({name: props[name] for name in names if name in props})


def tag_map(props):
    return engine._tag_map(props.get("Tags"))
