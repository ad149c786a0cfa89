"""Items are made of dictionaries at half the price: by the validator of their fields, without that of the model.

What the model adds is done here: null and blank are absent, and the fields become an instance.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import SchemaValidator

from .fields import Model, is_absent

M = TypeVar("M", bound=Model)


def validate_directly(model: type[M], record: Any) -> M | None:
    """Validate a dictionary as a model does; None where it is none, or something is wrong with it."""
    validator = _validator(model) if type(record) is dict else None
    if validator is None:
        return None
    try:
        values, _, given = validator.validate_python({k: v for k, v in record.items() if not is_absent(v)})
    except ValidationError:
        return None  # the model tells it in its own words
    made = model.__new__(model)
    made.__setstate__(
        {
            "__dict__": values,
            "__pydantic_fields_set__": given,
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
        }
    )
    return made


@cache
def _validator(model: type[Model]) -> SchemaValidator | None:
    """Take the validator of the fields out of the model's own; None where that is of a form that is not known here."""
    schema: Any = model.__pydantic_core_schema__
    definitions, config = schema.get("definitions"), None
    while schema is not None and schema["type"] != "model-fields":
        config, schema = schema.get("config", config), schema.get("schema")
    if schema is None:
        return None
    whole = {"type": "definitions", "schema": schema, "definitions": definitions} if definitions else schema
    return SchemaValidator(whole, config)
