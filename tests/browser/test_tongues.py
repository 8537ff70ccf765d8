"""A reader of French goes the whole way in French: by a switch that everybody sees, or because the browser says so."""

from __future__ import annotations

from playwright.sync_api import Browser
from tests.browser.conftest import Demo
from tests.browser.test_access import violations


def test_a_browser_that_reads_french_gets_french_and_the_switch_overrules_it(demo: Demo, chromium: Browser):
    context = chromium.new_context(locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.origin + "/c/clientdata/choices/")
    assert page.get_by_role("heading", level=1).inner_text() == "Vos choix de cookies"
    assert page.locator("html").get_attribute("lang") == "fr"
    page.get_by_role("link", name="English").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your cookie choices"
    page.get_by_role("link", name="Your page").click()
    assert page.get_by_role("heading", level=1).inner_text() == "See what we hold about you", "it is carried on"
    page.goto(demo.origin + "/c/omono/choices/")
    assert page.get_by_role("heading", level=1).inner_text() == "Your cookie choices", "this firm has no French"
    context.close()


def test_a_form_is_wrong_and_right_in_french(demo: Demo, chromium: Browser):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.origin + "/c/clientdata/form/enquiry/?in=fr")
    page.get_by_role("button", name="Envoyer").click()
    assert "À remplir\u202f: adresse électronique." in page.locator("[role=alert]").inner_text()
    page.locator("[type=email]").first.fill("camille@post.example")
    page.get_by_role("button", name="Envoyer").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nous avons ce que vous avez envoyé"
    assert page.url.endswith("?done&in=fr")
    context.close()


def test_the_switch_is_reached_by_keyboard_and_said_in_its_own_language(demo: Demo, chromium: Browser):
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(demo.origin + "/c/clientdata/you/?in=fr")
    way = page.get_by_role("link", name="English")
    assert (way.get_attribute("lang"), way.get_attribute("hreflang")) == ("en", "en")
    assert way.bounding_box()["height"] >= 24
    way.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/you/?in=en")
    assert violations(page) == []
    context.close()
