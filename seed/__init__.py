"""The first day: what every desk needs, and a believable week to look at.

Nothing here commits. The edge that asks (the supervisor, a command, a test) commits what was loaded.
"""

from seed.demo import has_demo, load_demo
from seed.demo.accounts import DEMO_LOGINS, set_demo_password
from seed.reference import load_reference

__all__ = ["DEMO_LOGINS", "has_demo", "load_demo", "load_reference", "set_demo_password"]
