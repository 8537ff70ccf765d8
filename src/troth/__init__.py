"""troth: a privacy policy that runs. Each room below makes one sentence of a policy true."""

__version__ = "0.1.0"
LANGUAGE = 1
