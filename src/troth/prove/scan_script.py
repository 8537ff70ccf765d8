"""The script that each page of a walk begins with: it notes what a page does to the device, and changes no answer.

It opens shadow roots, so that the question can be found and its real buttons pressed.
"""

from __future__ import annotations

from typing import Final

NOTE: Final = "__troth_walk_note"

SCRIPT: Final = """(signal => {
  "use strict";
  const note = window.%s, said = (...words) => { try { note(...words); } catch {} };
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) { return attach.call(this, { ...how, mode: "open" }); };
  const given = { get: () => true, configurable: true };
  if (signal) Object.defineProperty(Navigator.prototype, "globalPrivacyControl", given);
  const jar = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  const has = (page, name) => jar.get.call(page).split("; ").some(one => one.split("=")[0] === name);
  Object.defineProperty(Document.prototype, "cookie", { ...jar, set(text) {
    const [pair, ...rest] = String(text).split(";"), name = pair.split("=")[0].trim(), there = has(this, name);
    said("cookie", name, rest.join(";"));
    jar.set.call(this, text);
    if (there && !has(this, name)) said("ended", name, "cookie");
  } });
  const ends = (where, act, kind) => {
    const real = where[act];
    where[act] = function (name) { kind(this, String(name)); return real.apply(this, arguments); };
  };
  ends(Storage.prototype, "removeItem", (store, name) => {
    if (store.getItem(name) !== null) said("ended", name, store === window.sessionStorage ? "session" : "local");
  });
  if (window.IDBFactory) ends(IDBFactory.prototype, "deleteDatabase", (_, name) => said("ended", name, "database"));
  if (window.CacheStorage) ends(CacheStorage.prototype, "delete", (_, name) => said("ended", name, "cache"));
  if (window.CookieStore) {
    const put = CookieStore.prototype.set;
    CookieStore.prototype.set = function (one, value) {
      const ends = one && one.expires ? "max-age=" + Math.round((+new Date(one.expires) - Date.now()) / 1000) : "";
      said("cookie", one && one.name || String(one), ends);
      return put.apply(this, arguments);
    };
  }
  const path = url => new URL(String(url), location.href).pathname;
  if (navigator.serviceWorker) Object.defineProperty(navigator.serviceWorker, "register", {
    value: url => { said("worker", path(url), ""); return new Promise(() => {}); } });
  const beacon = Navigator.prototype.sendBeacon;
  Navigator.prototype.sendBeacon = function (url, data) {
    const at = new URL(String(url), location.href).href;
    const raw = data instanceof ArrayBuffer || ArrayBuffer.isView(data), form = data instanceof FormData;
    if (data instanceof Blob) data.text().then(text => said("beacon", at, text));
    else if (form) said("beacon", at, [...data].map(pair => pair.join("=")).join("&"));
    else said("beacon", at, raw ? new TextDecoder().decode(data) : String(data === undefined ? "" : data));
    return beacon.apply(this, arguments);
  };
})(__SIGNAL__);""".replace("%s", NOTE)

STORES: Final = """async () => {
  const names = { local: [], session: [], database: [], cache: [] };
  try { names.local = Object.keys(localStorage); } catch {}
  try { names.session = Object.keys(sessionStorage); } catch {}
  try { names.database = (await indexedDB.databases()).map(one => one.name); } catch {}
  try { names.cache = await caches.keys(); } catch {}
  return names;
}"""

LINKS: Final = "() => [...document.querySelectorAll('a[href]')].slice(0, 2000).map(one => one.href)"

LEAVING: Final = """() => {
  document.dispatchEvent(new Event("visibilitychange"));
  for (const name of ["blur", "pagehide"]) window.dispatchEvent(new Event(name));
}"""
