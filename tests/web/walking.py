"""Every address of the house, read from the URL conf, so that none is forgotten; and a look at every row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from django.urls import URLPattern, get_resolver


def routes() -> Iterator[str]:
    """Each route with its parameters as ``<kind:name>``, without what only the demonstration has."""
    yield from _under("", get_resolver().url_patterns)


def _under(before: str, patterns: list[Any]) -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route
        else:
            yield from _under(route, one.url_patterns)


def filled(route: str, ids: Mapping[str, str]) -> str:
    """The path of a route. A parameter that is not among ``ids`` is a KeyError: name it there, then it is tried."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], route)


def parameters(route: str) -> set[str]:
    return set(re.findall(r"<(?:\w+:)?(\w+)>", route))


def every_row(*but: str) -> str:
    """One digest of every row of every table: it changes when anything is written anywhere."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in but:
                cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
                digest.update(f"{table} {cursor.fetchall()}".encode())
    return digest.hexdigest()


def holds(text: str) -> list[str]:
    """The tables in which a text stands in clear."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(text in str(cell) for row in cursor.fetchall() for cell in row):
                found.append(table)
    return found


def bare(body: bytes) -> str:
    """A page without what is new in every answer: the form's key and the name of an asking."""
    return re.sub(r'value="[A-Za-z0-9]{64}"|value="[0-9a-f]{32}"', 'value="-"', body.decode())
