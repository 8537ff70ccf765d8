/* troth tag: asks before anything that must be asked, and sends only what the policy declares and you allowed.
   It sets one cookie, after you answered, to remember the answer. Readable as it is; nothing is built. */
(function (cfg) {
  "use strict";
  var w = window, d = document, root, box, asked = cfg.asked, signal = navigator.globalPrivacyControl === true;
  if (w.troth || !w.fetch || !w.crypto || !d.currentScript) return;
  var at = d.currentScript.src, to = function (x) { return new URL(x, at).href; }, path = new URL(".", at).pathname;
  var framed = w.top !== w;
  if (framed) try { framed = w.top.location.origin !== location.origin; } catch (e) { framed = true; }

  /* --- what was answered: a token that the server signed; here it is only read --- */
  var choice = read();
  function read() {
    var found = d.cookie.match(/(?:^|; )troth_choice=([\w-]+\.[\w-]+)/);
    if (!found) return null;
    try {
      var parts = JSON.parse(atob(found[1].split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
      if (parts[6] * 1000 + cfg.life * 1000 < Date.now()) return null;
      return { token: found[1], surfaces: parts[2], yes: parts[3], no: parts[4], gpc: parts[5] };
    } catch (e) { return null; }
  }
  function keep(token) {
    var here = new URL(at).origin === location.origin && location.pathname.indexOf(path) === 0 ? path : "/";
    d.cookie = "troth_choice=" + token + ";path=" + here + ";max-age=" + cfg.life + ";samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
    choice = read();
  }
  function has(list, item) { return list.indexOf(item) >= 0; }
  function said(q) {
    if (choice && has(choice.no, q.stop)) return false;
    if (choice && has(choice.yes, q.key)) return true;
    return q.opens ? null : !(signal && q.sale);
  }
  function quiet() { return signal && !(choice && choice.gpc); }
  function open(o) {
    var no = choice ? choice.no : [], yes = choice ? choice.yes : [];
    if (o.no.some(function (s) { return has(no, s) || (quiet() && has(cfg.sale, s)); })) return false;
    return o.exempt || (o.yes.length > 0 && !quiet() && o.yes.every(function (k) { return has(yes, k); }));
  }
  function unanswered() {
    return asked.some(function (q) { return q.opens && said(q) === null; });
  }

  /* --- events: kept in memory, sent with one id until the server says that it has them --- */
  var waiting = [], busy = false, tries = 0, viewed = false;
  function id() {
    var r = w.crypto.getRandomValues(new Uint8Array(10)), s = ("000000000000" + Date.now().toString(16)).slice(-12);
    for (var i = 0; i < 10; i++) s += (r[i] + 256).toString(16).slice(1);
    return s;
  }
  function post(body) {
    body.surface = cfg.surface; body.edition = cfg.edition; body.gpc = signal;
    if (choice) body.token = choice.token;
    return fetch(to("e"), { method: "POST", body: JSON.stringify(body), keepalive: true, credentials: "omit", cache: "no-store" });
  }
  function event(point, fields) {
    var p = cfg.points[point], sent = {}, any = false;
    if (!p || framed) return false;
    p.openings.filter(open).forEach(function (o) {
      o.fields.forEach(function (f) { if (fields[f] !== undefined) { sent[f] = fields[f]; any = true; } });
    });
    if (!any) return false;
    waiting.push({ id: id(), point: point, fields: sent });
    flush();
    return true;
  }
  function flush() {
    if (busy || !waiting.length) return;
    busy = true;
    var now = waiting.slice(0, 20);
    post({ events: now }).then(function (r) { return r.status; }, function () { return 503; }).then(function (status) {
      busy = false;
      if (status !== 503 && status !== 429) { waiting.splice(0, now.length); tries = 0; flush(); }
      else if (++tries < 6) setTimeout(flush, 500 * Math.pow(3, tries));
    });
  }
  function seen() {
    var all = { page: location.pathname, referrer: d.referrer, language: navigator.language,
      screen: screen.width + "x" + screen.height, title: d.title };
    for (var point in cfg.points) {
      var map = cfg.points[point].map, fields = {}, any = false;
      for (var source in map) if (all[source]) { fields[map[source]] = all[source]; any = any || source === "page"; }
      if (any) { viewed = event(point, fields); return; }
    }
  }

  /* --- suppliers: their scripts stand in the page as text until every question they need has a yes --- */
  function load() {
    d.querySelectorAll("script[type='text/plain'][data-troth]").forEach(function (old) {
      var needs = cfg.blocks[old.getAttribute("data-troth")], made = d.createElement("script");
      if (!needs || framed || (needs.length && quiet())) return;
      if (!needs.every(function (k) { return choice && has(choice.yes, k); })) return;
      for (var i = 0; i < old.attributes.length; i++) {
        var a = old.attributes[i];
        if (a.name !== "type" && a.name !== "data-troth") made.setAttribute(a.name, a.value);
      }
      made.nonce = old.nonce;
      made.text = old.text;
      old.parentNode.replaceChild(made, old);
    });
  }
  function unload() {
    d.cookie.split("; ").forEach(function (pair) {
      var name = pair.split("=")[0];
      for (var known in cfg.blocks) {
        var like = known.slice(-1) === "*" ? name.indexOf(known.slice(0, -1)) === 0 : name === known;
        if (like && cfg.blocks[known].some(function (k) { return !choice || !has(choice.yes, k); }))
          ["", ";domain=" + location.hostname].forEach(function (more) { d.cookie = name + "=;max-age=0;path=/" + more; });
      }
    });
  }

  /* --- the question --- */
  function h(tag, attrs, inside) {
    var el = d.createElement(tag);
    for (var a in attrs) el.setAttribute(a, attrs[a]);
    [].concat(inside === undefined ? [] : inside).forEach(function (c) { el.append(c); });
    return el;
  }
  function button(words, act) {
    var b = h("button", { type: "button" }, words);
    b.addEventListener("click", act);
    return b;
  }
  function all(state) {
    var answers = {};
    asked.forEach(function (q) { answers[q.key] = state; });
    settle(answers);
  }
  function settle(answers) {
    var yes = [], no = [];
    for (var key in answers) (answers[key] ? yes : no).push(key);
    tell(cfg.say.saving);
    post({ hello: true }).then(json).then(function (r) {
      return post({ choice: { ask: r.ask, yes: yes, no: no } });
    }).then(json).then(function (r) {
      keep(r.token); close(); load(); unload(); tell(cfg.say.saved);
      if (!viewed) seen();
    }).catch(function () { tell(cfg.say.failed); });
  }
  function json(r) { if (r.status !== 200) throw r; return r.json(); }
  function tell(words) { var s = root && root.querySelector("[role=status]"); if (s) s.textContent = words; }
  function shell() {
    if (root) return;
    var host = h("div", { id: "troth" });
    host.hidden = true;
    root = host.attachShadow({ mode: "closed" });
    var sheet = h("link", { rel: "stylesheet", href: to("tag.css") });
    sheet.onload = sheet.onerror = function () { host.hidden = false; pad(); };
    root.append(sheet, h("p", { role: "status", class: "status" }));
    d.body.insertBefore(host, d.body.firstChild);
  }
  function pad() { d.documentElement.style.scrollPaddingBottom = box ? box.offsetHeight + "px" : ""; }
  function show(inside) {
    shell();
    if (box) box.remove();
    box = h("section", { "aria-labelledby": "t", class: "ask" }, inside);
    root.insertBefore(box, root.lastChild);
    pad();
  }
  function close() { if (box) box.remove(); box = null; pad(); }
  function first() {
    show([h("div", {}, [h("h2", { id: "t" }, cfg.say.heading), h("p", {}, [cfg.say.text + " ",
      h("a", { href: to("choices/") }, cfg.say.more)])]),
      h("div", { class: "three" }, [button(cfg.say.refuse, function () { all(false); }),
        button(cfg.say.accept, function () { all(true); }), button(cfg.say.choose, details)])]);
  }
  function details() {
    var form = h("form", {}, [h("h2", { id: "t", tabindex: "-1" }, cfg.say.details)].concat(asked.map(function (q, i) {
      var now = said(q);
      return h("fieldset", {}, [h("legend", {}, q.words), h("p", {}, q.note), h("div", { class: "two" },
        [[q.opens ? cfg.say.no : cfg.say.off, false], [q.opens ? cfg.say.yes : cfg.say.on, true]].map(function (o) {
          var radio = h("input", { type: "radio", name: "q" + i, value: o[1] });
          radio.checked = now === o[1];
          return h("label", {}, [radio, h("span", {}, o[0])]);
        }))]);
    })).concat([h("div", { class: "three" }, [h("button", {}, cfg.say.save), button(cfg.say.refuse, function () { all(false); }),
      button(cfg.say.accept, function () { all(true); })])]));
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      var answers = {};
      asked.forEach(function (q, i) {
        var picked = form.querySelector("[name=q" + i + "]:checked");
        answers[q.key] = picked ? picked.value === "true" : !q.opens;
      });
      settle(answers);
    });
    show(form);
    root.querySelector("h2").focus();
  }

  function start() {
    if (framed) return;
    load();
    if (asked.length && unanswered() && !quiet()) first();
    d.addEventListener("click", function (e) {
      var link = e.target.closest && e.target.closest("[data-troth-choices]");
      if (link && asked.length) { e.preventDefault(); details(); }
    });
    seen();
  }
  w.troth = { event: event, choices: details };
  if (d.body && d.readyState !== "loading") start(); else d.addEventListener("DOMContentLoaded", start);
})(__TROTH__);
