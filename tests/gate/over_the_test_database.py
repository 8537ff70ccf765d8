"""The settings of a second process over the database of a test."""

import os

from troth.web.settings import *  # noqa: F403
from troth.web.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
