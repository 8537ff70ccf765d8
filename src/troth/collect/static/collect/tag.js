/* troth tag: asks before anything that must be asked, and sends only what the policy declares and you allowed.
   It sets one cookie, after you answered, to remember the answer. Readable as it is; nothing is built.
   A question is [key, stop, opens, sells, words, note]; a point is [what fills which field, its openings];
   an opening is [fields, yes, no, exempt]. */
(cfg => {
  "use strict";
  const { surface, edition, life, asked, sale, points, blocks, say } = cfg, w = window, d = document;
  if (w.troth || !w.fetch || !w.crypto || !d.currentScript) return;
  const at = d.currentScript.src, to = x => new URL(x, at).href, signal = navigator.globalPrivacyControl === true;
  let framed = w.top !== w, root, box, choice = read();
  try { framed = framed && w.top.location.origin !== location.origin; } catch {}

  /* --- what was answered: a token that the server signed; here it is only read --- */
  function read() {
    try {
      const token = d.cookie.match(/(?:^|; )troth_choice=([\w-]+\.[\w-]+)/)[1],
        [, , , yes, no, gpc, made] = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
      if ((made + life) * 1000 > Date.now()) return { token, yes, no, gpc };
    } catch {}
    return { yes: [], no: [] };
  }
  function keep(token) {
    const path = location.href.startsWith(to(".")) ? new URL(to(".")).pathname : "/";
    d.cookie = `troth_choice=${token};path=${path};max-age=${life};samesite=lax` + (location.protocol === "https:" ? ";secure" : "");
    choice = read();
  }
  const allowed = key => choice.yes.includes(key), refused = stop => choice.no.includes(stop);
  const said = ([key, stop, opens, sells]) => !refused(stop) && (allowed(key) || (opens ? null : !(signal && sells)));
  const quiet = () => signal && !choice.gpc;
  const open = ([, yes, no, exempt]) => !no.some(stop => refused(stop) || quiet() && sale.includes(stop)) &&
    (exempt || yes.length > 0 && !quiet() && yes.every(allowed));

  /* --- events: kept in memory, sent with one id until the server says that it has them --- */
  let waiting = [], busy, tries = 0, viewed;
  const id = () => Date.now().toString(16).padStart(12, "0") +
    [...w.crypto.getRandomValues(new Uint8Array(10))].map(n => (n + 256).toString(16).slice(1)).join("");
  const post = body => fetch(to("e"), { method: "POST", body: JSON.stringify({ surface, edition, gpc: signal, token: choice.token, ...body }),
    keepalive: true, credentials: "omit", cache: "no-store" });
  function event(point, fields) {
    const sent = {};
    if (points[point] && !framed) points[point][1].filter(open).forEach(([names]) => names.forEach(name => {
      if (fields[name] !== undefined) sent[name] = fields[name];
    }));
    const any = Object.keys(sent).length > 0;
    if (any) { waiting.push({ id: id(), point, fields: sent }); flush(); }
    return any;
  }
  function flush() {
    if (busy || !waiting.length) return;
    busy = true;
    const events = waiting.slice(0, 20);
    post({ events }).then(r => r.status, () => 503).then(status => {
      busy = false;
      if (status < 500 && status !== 429) { waiting.splice(0, events.length); tries = 0; flush(); }
      else if (++tries < 6) setTimeout(flush, 500 * 3 ** tries);
    });
  }
  function seen() {
    const all = { page: location.pathname, referrer: d.referrer, language: navigator.language, screen: screen.width + "x" + screen.height };
    for (const point in points) {
      const [map] = points[point], fields = {};
      for (const source in map) if (all[source]) fields[map[source]] = all[source];
      if (map.page) { viewed = event(point, fields); return; }
    }
  }

  /* --- suppliers: their scripts stand in the page as text until every question they need has a yes; what is exempt
     runs until a no (PECR Sch A1 paras 5(1)(d), (e) and 6). What each needs is an opening --- */
  const load = () => d.querySelectorAll("script[type='text/plain'][data-troth]").forEach(old => {
    const needs = blocks[old.getAttribute("data-troth")], made = d.createElement("script");
    if (!needs || framed || !open(needs)) return;
    for (const { name, value } of old.attributes) made.setAttribute(name, value);
    made.removeAttribute("type");
    made.nonce = old.nonce;
    made.text = old.text;
    old.replaceWith(made);
  });
  /* a supplier sets its own for the host alone or for any domain above it */
  const unload = () => d.cookie.split("; ").forEach(pair => {
    const [name] = pair.split("=");
    for (const known in blocks)
      if (known.replace("*", () => name.slice(known.length - 1)) === name && !open(blocks[known]))
        ("." + location.hostname).replace(/(?=\.)|$/g, (_, from, all) =>
          d.cookie = `${name}=;max-age=0;path=/;domain=` + all.slice(from));
  });

  /* --- the question --- */
  function h(tag, attrs, ...inside) {
    const el = d.createElement(tag);
    for (const a in attrs) el.setAttribute(a, attrs[a]);
    el.append(...inside);
    return el;
  }
  function button(words, act) {
    const b = h("button", { type: "button" }, words);
    b.onclick = act;
    return b;
  }
  const both = () => [button(say.refuse, () => settle(() => false)), button(say.accept, () => settle(() => true))];
  async function settle(answer) {
    const yes = [], no = [];
    asked.forEach((q, i) => (answer(q, i) ? yes : no).push(q[0]));
    tell(say.saving);
    choice = read();
    try {
      const { ask } = await json(post({ hello: true, in: say.in })), { token } = await json(post({ choice: { ask, yes, no } }));
      keep(token); close(); load(); unload(); tell(say.saved);
      if (!viewed) seen();
    } catch { tell(say.failed); }
  }
  const json = reply => reply.then(r => { if (r.status !== 200) throw r; return r.json(); });
  const tell = words => { if (root) root.lastChild.textContent = words; };
  function show(...inside) {
    if (!root) {
      const host = h("div", { id: "troth", hidden: "" }), sheet = h("link", { rel: "stylesheet", href: to("tag.css") });
      root = host.attachShadow({ mode: "closed" });
      sheet.onload = sheet.onerror = () => { host.hidden = false; pad(); };
      root.append(sheet, h("p", { role: "status", class: "status" }));
      d.body.prepend(host);
    }
    close();
    box = h("section", { class: "ask", lang: say.in, "aria-labelledby": "t" }, ...inside);
    root.lastChild.before(box);
    pad();
  }
  const pad = () => { d.documentElement.style.scrollPaddingBottom = box ? box.offsetHeight + "px" : ""; };
  function close() { if (box) box.remove(); box = null; pad(); }
  const first = () => show(
    h("div", {}, h("h2", { id: "t" }, say.heading), h("p", {}, say.text + " ", h("a", { href: to(say.at) }, say.more))),
    h("div", { class: "three" }, ...both(), button(say.choose, details)));
  function details() {
    const form = h("form", {}, h("h2", { id: "t", tabindex: "-1" }, say.details), ...asked.map((q, i) =>
      h("fieldset", {}, h("legend", {}, q[4]), h("p", {}, q[5]), h("div", { class: "two" },
        ...[[q[2] ? say.no : say.off, false], [q[2] ? say.yes : say.on, true]].map(([words, value]) => {
          const radio = h("input", { type: "radio", name: "q" + i, value });
          radio.checked = said(q) === value;
          return h("label", {}, radio, h("span", {}, words));
        })))), h("div", { class: "three" }, h("button", {}, say.save), ...both()));
    form.onsubmit = e => {
      e.preventDefault();
      settle((q, i) => {
        const picked = form.querySelector(`[name=q${i}]:checked`);
        return picked ? picked.value === "true" : !q[2];
      });
    };
    show(form);
    form.firstChild.focus();
  }

  function start() {
    if (framed) return;
    load();
    if (!quiet() && asked.some(q => said(q) === null)) first();
    d.addEventListener("click", e => {
      if (asked.length && e.target.closest && e.target.closest("[data-troth-choices]")) { e.preventDefault(); details(); }
    });
    seen();
  }
  w.troth = { event, choices: () => asked.length && details() };
  if (d.body && d.readyState !== "loading") start(); else d.addEventListener("DOMContentLoaded", start);
})(__TROTH__);
