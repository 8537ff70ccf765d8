"""``{% say "A sentence with {something}." something=value %}``: our own words, in the language that is spoken.

In the sentence ``*so*`` is set off, and ``[so]`` is a link where ``link=`` names an address. Every value is escaped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import cast

from django import template
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import mark_safe

from troth.parties import speech
from troth.policy.emit import blocks, naming, texts

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: template.Context, english: str, *, link: str = "", **parts: object) -> str:
    """One of our sentences, with links, emphasis and values put in; plain where nothing is escaped, as in a mail."""
    if not context.autoescape:
        return texts.phrase(english, **parts)
    said = str(escape(texts.phrase(english)))
    said = re.sub(r"\*([^*]+)\*", r"<strong>\1</strong>", said)
    if link:
        said = re.sub(r"\[([^\]]+)\]", lambda found: format_html('<a href="{}">', link) + found[1] + "</a>", said)
    values = {name: conditional_escape(cast(str, value)) for name, value in parts.items()}
    return mark_safe(said.format(**values) if values else said)  # noqa: S308  our own words, and values escaped


@register.filter
def linked(said: object) -> str:
    """A text in which each address can be followed: to a page, or to somebody's mail."""
    return mark_safe(blocks.linked(str(conditional_escape(cast(str, said)))))  # noqa: S308  escaped, and links are their own words


@register.filter
def again(english: object) -> str:
    """What was written down in English, in the language that is spoken."""
    return texts.again(str(english or ""))


@register.filter("date", expects_localtime=True)
def dated(when: dt.date | None, form: str | None = None) -> str:
    """As Django writes it, but for the first of a month, which a language may write otherwise."""
    if form and getattr(when, "day", 0) == 1:
        form = form.replace("j", "".join(f"\\{letter}" for letter in texts.nth(1)))
    return date(when, form)


@register.filter
def month(text: object) -> str:
    """A month that is written down as 2026-11, for people; what is no month stays."""
    try:
        return date(dt.date.fromisoformat(f"{text}-01"), "F Y")
    except ValueError:
        return str(text)


@register.filter
def tongue(language: str) -> str:
    """A language by its own name."""
    return texts.table(language)["language"] if language in texts.languages() else language


@register.filter
def own(words: object) -> str:
    """A policy's own words."""
    return texts.own(str(words or ""))


@register.filter
def owns(words: str | Iterable[object] | None) -> str:
    """Several of them, as a list or with commas between."""
    if isinstance(words, str):
        return texts.listed(words)
    return ", ".join(texts.again(str(one)) for one in words or ())


@register.filter
def named(words: object) -> str:
    """A name of the policy, which mostly is the same in every language."""
    return texts.named(str(words or ""))


@register.simple_tag
def carried() -> str:
    """What a link carries on."""
    return speech.carried()


@register.simple_tag
def carried_on() -> str:
    """The same behind an address that has a question mark already."""
    return mark_safe(speech.carried().replace("?", "&amp;"))  # noqa: S308  a name of a language that we know


@register.simple_tag
def clocks(firms: Iterable[tuple[str, str]] = ()) -> str:
    """Whose times stand on a page: those of its zone, or of the zone of each of these (name, zone)."""
    zones: dict[str, list[str]] = {}
    for name, zone in firms:
        zones.setdefault(zone, []).append(name)
    if len(zones) > 1:
        each = "; ".join(f"{zone}: {', '.join(names)}" for zone, names in zones.items())
        return texts.phrase("Times are those of each client. {zones}.", zones=each)
    zone = next(iter(zones), timezone.get_current_timezone_name())
    return texts.phrase("Times are those of the time zone {zone}.", zone=zone)


@register.filter
def lasting(text: object) -> str:
    """A length of time as a policy wrote it."""
    return naming.lasting(str(text or ""))


@register.filter
def carry(address: object) -> str:
    return speech.carry(str(address))
