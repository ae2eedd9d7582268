"""A user with a session of their own, who edits a declaration and types commands."""

from collections.abc import Callable

import pytest

from hmsvcd.host.sandbox import Sandbox
from users import User, eventually


@pytest.fixture
def user(manager: Sandbox) -> User:
    """A user with an empty home and a fresh session."""
    return User(manager)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Return what waits until something holds."""
    return eventually
