"""The migrations of an empty database, in half the time.

Django keeps the models as every step leaves them, and after each makes all those anew that the changed one is related
to. With us that is nearly all, each time, since they belong to a company. But a new model changes none of the others,
and an index or a constraint no model's fields: after such a step they can stay as they are.

A database that holds somebody's data is migrated as Django does it; a test compares what both make of an empty one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps.registry import Apps
from django.db.migrations.state import ModelState, ProjectState

_ADD, _APPEND = "add_model", "_append_option"
_add_model, _append_option = getattr(ProjectState, _ADD), getattr(ProjectState, _APPEND)


@contextmanager
def models_made_once() -> Iterator[None]:
    """Have steps that only add something make no model anew, for a `with` block."""
    setattr(ProjectState, _ADD, _add_model_alone)
    setattr(ProjectState, _APPEND, _append_option_alone)
    try:
        yield
    finally:
        setattr(ProjectState, _ADD, _add_model)
        setattr(ProjectState, _APPEND, _append_option)


def _add_model_alone(state: ProjectState, model: ModelState) -> None:
    with _made(state) as apps:
        _add_model(state, model)
    if apps is not None:
        apps.render_multiple([model])


def _append_option_alone(state: ProjectState, app: str, model: str, option: str, added: Any) -> None:
    with _made(state) as apps:
        _append_option(state, app, model, option, added)
    if apps is not None:
        options = apps.get_model(app, model)._meta
        setattr(options, option, [*getattr(options, option), added])


@contextmanager
def _made(state: ProjectState) -> Iterator[Any]:
    """Put the models that were made aside meanwhile: where there are none, Django makes none anew."""
    apps: Apps | None = state.__dict__.pop("apps", None)
    yield apps
    if apps is not None:
        state.__dict__["apps"] = apps
