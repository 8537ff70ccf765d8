/* troth tag: asks before anything that must be asked, and sends only what the policy declares and you allowed.
   It sets one cookie, after you answered, to remember the answer. Readable as it is; nothing is built.
   A question is [key, stop, opens, words, note]; a point is the list of its openings; an opening is
   [fields, yes, no], and one that needs no yes is exempt; a row of the register is [name, yes, no]; what is viewed is
   [point, field for the page, for the referrer, for the language, for the screen]. */
((surface, edition, life, asked, sale, points, rows, view, heading, text, more, title, refuse, accept, choose, save,
  allow, deny, on, off, saving, saved, failed, tongue, page) => {
  "use strict";
  const w = window, d = document, me = d.currentScript;
  /* an image of that name could stand in for it */
  if (w.troth || !w.fetch || me?.localName !== "script") return;
  const to = path => new URL(path, me.src).href, signal = !!navigator.globalPrivacyControl,
    secure = location.protocol === "https:" ? ";secure" : "";
  let framed = true, box, status, choice;
  try { framed = w.top.location.origin !== location.origin; } catch {}

  /* --- what was answered: a token that the server signed; here it is only read --- */
  function read() {
    try {
      const [, token, body] = d.cookie.match(/\btroth_choice=([\w-]+\.([\w-]+))/),
        [, , , yes, no, gpc, made] = JSON.parse(atob(body.replace(/-/g, "+").replace(/_/g, "/")));
      if ((made + life) * 1000 > Date.now()) return { token, yes, no, gpc };
    } catch {}
    return { yes: [], no: [] };
  }
  function keep(token) {
    const home = to("."), path = location.href.startsWith(home) ? new URL(home).pathname : "/";
    d.cookie = `troth_choice=${token};path=${path};max-age=${life};samesite=lax${secure}`;
    choice = read();
  }
  const quiet = () => signal && !choice.gpc;
  const allowed = key => !quiet() && choice.yes.includes(key);
  const refused = stop => choice.no.includes(stop) || quiet() && sale.includes(stop);
  const said = ([key, stop, opens]) => !refused(stop) && (allowed(key) || !opens || null);
  const open = ([, yes, no]) => yes.every(allowed) && !no.some(refused);

  /* --- the server: what it does not answer is said again, and what waits to be sent is kept in memory --- */
  const waiting = [], ran = [];
  let busy, viewed;
  const post = body => fetch(to("e"), { method: "POST", keepalive: true, credentials: "include",
    body: JSON.stringify({ surface, edition, gpc: signal, token: choice.token, ...body }) });
  async function send(body) {
    for (let tries = 0; tries < 6; tries++) {
      try {
        const reply = await post(body);
        if (reply.status < 500 && reply.status !== 429) return reply;
      } catch {}
      await new Promise(done => setTimeout(done, 500 * 3 ** tries));
    }
    return {};
  }
  async function flush() {
    if (busy || !waiting.length) return;
    busy = true;
    const events = waiting.slice(0, 20), { status } = await send({ events });
    busy = false;
    if (status) { waiting.splice(0, events.length); flush(); }
  }
  const may = (point, fields) => {
    const sent = {};
    points[point].filter(open).forEach(([names]) => names.forEach(name => {
      if (name in fields) sent[name] = fields[name];
    }));
    return sent;
  };
  function event(point, fields) {
    choice = read();
    const sent = points[point] ? may(point, fields) : {}, any = !!Object.keys(sent)[0];
    if (any) {
      const id = Date.now().toString(16).padStart(12, "0") +
        [...crypto.getRandomValues(new Uint8Array(10))].map(n => n.toString(16).padStart(2, "0")).join("");
      waiting.push({ id, point, fields: sent });
      flush();
    }
    return any;
  }
  function seen() {
    const [point, ...names] = view, fields = {};
    [location.pathname, d.referrer.split("?")[0], navigator.language, screen.width + "x" + screen.height].forEach(
      (value, i) => { if (value) fields[names[i]] = value; });
    viewed = point && event(point, fields);
  }

  /* --- suppliers: their scripts stand in the page as text until every question they need has a yes; what is exempt
     runs until a no (PECR Sch A1 paras 5(1)(d), (e) and 6). A page that names whom it trusts has named them, too --- */
  const load = () => d.querySelectorAll("script[type='text/plain'][data-troth]").forEach(old => {
    const row = rows.find(([name]) => name === old.dataset.troth);
    if (!row || !open(row) || me.nonce && old.nonce !== me.nonce) return;
    const made = old.cloneNode(true);
    made.type = "";
    made.nonce = old.nonce;
    old.replaceWith(made);
    ran.push(row);
  });
  /* whatever is not allowed now ends, whoever set it, wherever a page can end it: cookies for this host or a domain
     above it, at this path or one above it, and what lies in storage (PECR reg 6) */
  const shut = name => {
    const known = rows.filter(([row]) => row.replace("*", () => name.slice(row.length - 1)) === name);
    return known[0] && !known.some(open);
  };
  function unload() {
    waiting.forEach(one => { one.fields = may(one.point, one.fields); });
    [
      () => d.cookie.split("; ").map(pair => pair.split("=")[0]).filter(shut).forEach(name =>
        ("." + location.hostname).replace(/(?=\.)|$/g, (_, from, host) =>
          location.pathname.replace(/\/|$/g, (_, end, path) => [end, end + 1].forEach(end => {
            d.cookie = `${name}=;path=${path.slice(0, end)};domain=${host.slice(from)}${secure};max-age=0`;
          })))),
      ...["localStorage", "sessionStorage"].map(kind => () =>
        Object.keys(w[kind]).filter(shut).forEach(name => w[kind].removeItem(name))),
      async () => (await indexedDB.databases()).forEach(({ name }) => shut(name) && indexedDB.deleteDatabase(name)),
      async () => (await caches.keys()).filter(shut).forEach(name => caches.delete(name))
    ].forEach(async end => { try { await end(); } catch {} });
  }

  /* --- the question --- */
  function h(tag, how, ...inside) {
    const el = Object.assign(d.createElement(tag), how);
    el.append(...inside);
    return el;
  }
  const button = (words, onclick) => h("button", { type: "button", onclick }, words);
  const both = () => [button(refuse, () => settle(() => false)), button(accept, () => settle(() => true))];
  async function settle(answer) {
    const yes = [], no = [];
    asked.forEach((q, i) => (answer(i) ? yes : no).push(q[0]));
    status.textContent = saving;
    choice = read();
    try {
      const { ask } = await told({ hello: true, in: tongue }),
        { token } = await told({ choice: { ask, yes, no } });
      keep(token);
      if (!choice.token) throw token;
      show(); unload();
      status.textContent = saved;
      if (!viewed) seen();
      load();
    } catch { status.textContent = failed; }
  }
  async function told(body) {
    const reply = await post(body);
    if (reply.status !== 200) throw reply;
    return reply.json();
  }
  const pad = () => { d.documentElement.style.scrollPaddingBottom = box.offsetHeight ? box.offsetHeight + "px" : ""; };
  function show(...inside) {
    if (!box) {
      const host = h("div", { id: "troth", hidden: true }), shown = () => { host.hidden = false; pad(); };
      box = h("section", { lang: tongue });
      box.setAttribute("aria-labelledby", "t");
      status = h("output");
      host.attachShadow({ mode: "closed" })
        .append(h("link", { rel: "stylesheet", href: to("tag.css"), onload: shown, onerror: shown }), box, status);
      d.body.prepend(host);
    }
    box.replaceChildren(...inside);
    pad();
  }
  const first = () => show(
    h("div", {}, h("h2", { id: "t" }, heading), h("p", {}, text + " ", h("a", { href: to(page) }, more))),
    h("div", { className: "three" }, ...both(), button(choose, details)));
  function details() {
    const form = h("form", { onsubmit: e => { e.preventDefault(); settle(i => form["q" + i].value === "true"); } },
      h("h2", { id: "t", tabIndex: -1 }, title), ...asked.map((q, i) =>
        h("fieldset", {}, h("legend", {}, q[3]), h("p", {}, q[4]), h("div", { className: "two" },
          ...[[q[2] ? deny : off, false], [q[2] ? allow : on, true]].map(([words, value]) => h("label", {},
            h("input", { type: "radio", name: "q" + i, value, checked: said(q) === value }), h("span", {}, words)))))),
      h("div", { className: "three" }, h("button", {}, save), ...both()));
    show(form);
    form.firstChild.focus();
  }

  /* --- a page is seen: what lapsed, what is asked anew and what the browser refuses ends at once; what was taken back
     elsewhere the server knows, so that nothing begins before it was asked --- */
  const heard = name => new Promise(done => d.addEventListener(name, done));
  async function start() {
    if (framed) return;
    if (d.prerendering) await heard("prerenderingchange");
    if (!d.body || d.readyState === "loading") await heard("DOMContentLoaded");
    choice = read();
    unload();
    if (asked[0]) {
      const reply = await send({ stands: true });
      if (!reply.ok) return;
      if (reply.status === 200) { keep((await reply.json()).token); unload(); }
      d.addEventListener("click", e => {
        if (e.target.closest?.("[data-troth-choices],[href='#troth-choices']")) { e.preventDefault(); details(); }
      });
      if (location.hash === "#troth-choices") details();
      else if (!quiet() && asked.some(q => said(q) === null)) first();
    }
    const again = e => {
      choice = read();
      unload(); load();
      if (e.persisted && !ran.every(open)) location.reload();
    };
    d.addEventListener("visibilitychange", again);
    w.addEventListener("pageshow", again);
    seen();
    load();
    return true;
  }
  const ready = start();
  w.troth = {
    event: async (point, fields) => await ready && event(point, fields),
    choices: async () => await ready && asked[0] && details()
  };
})(__TROTH__);
