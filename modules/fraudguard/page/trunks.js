// SPDX-License-Identifier: GPL-2.0-or-later
// Asks api/trunks every few seconds and shows it. Everything that comes from outside is set as text, never as markup.
"use strict";

const EVERY_MS = 5000;
const ACTIONS = ["allow", "alert", "throttle", "challenge", "block"];
const byId = (id) => document.getElementById(id);
let timer = 0;
let asked = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function cell(label, ...content) {
  const made = element("td");
  made.dataset.label = label;
  const inner = element("div");
  inner.append(...content.filter((one) => one));
  made.append(inner);
  return made;
}

// Drawn, since not every device has a font with padlocks.
function padlock(closed) {
  const namespace = "http://www.w3.org/2000/svg";
  const made = document.createElementNS(namespace, "svg");
  made.setAttribute("viewBox", "0 0 16 16");
  made.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(namespace, "path");
  shape.setAttribute("d", closed ? "M3 7h10v8H3zM5 7V5a3 3 0 0 1 6 0v2" : "M3 7h10v8H3zM5 7V4a3 3 0 0 1 5.6-1.5");
  made.append(shape);
  return made;
}

// Told by word and by shape, not by colour alone.
function lock(encrypted, wanted, detail) {
  if (encrypted === null) return [element("span", "not seen yet"), wanted && element("small", wanted)];
  const mark = element("span", undefined, "lock " + (encrypted ? "closed" : "open"));
  mark.append(padlock(encrypted), encrypted ? " encrypted" : " in clear");
  return [mark, detail && element("small", detail), wanted && element("small", wanted)];
}

function certificate(signalling) {
  const known = signalling.certificate;
  if (!known) return [element("span", signalling.encrypted ? "none" : "–")];
  const days = known.days_left;
  const text = days === null ? "end not known" : days < 0 ? "ended" : days === 1 ? "1 day left" : `${days} days left`;
  const urgency = days === null ? "" : days < 3 ? "open" : days < 14 ? "soon" : "";
  return [element("span", text, urgency), element("small", known.name), !known.verified && element("small", "not verified")];
}

function shortened(text) {
  const letters = Array.from(text);
  return letters.length > 80 ? letters.slice(0, 79).join("") + "\u2026" : text;
}

function ago(then, now) {
  if (then === null) return "never";
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function today(counts) {
  const told = ACTIONS.filter((action) => counts[action] > 0).map((action) => `${counts[action]} ${action}`);
  return told.length ? told.join(", ") : "no calls";
}

function holds(list, now) {
  if (!list.length) return element("span", "none");
  const made = element("ul");
  for (const hold of list) {
    const minutes = Math.max(0, Math.round((hold.until_ms - now) / 60000));
    const item = element("li", `${hold.scope}${hold.of ? " " + hold.of : ""}, ${minutes} min left`);
    item.append(element("small", hold.rule ? `${hold.rule}: ${hold.reason}` : `${hold.reason} (${hold.by})`));
    made.append(item);
  }
  return made;
}

function row(trunk, now) {
  const made = element("tr", undefined, trunk.problems.length ? "wrong" : "");
  const link = element("a", trunk.customer);
  link.href = "api/trunks/" + encodeURIComponent(trunk.customer);
  const signalling = trunk.signalling;
  made.append(
    cell("Customer", link, trunk.name && trunk.name !== trunk.customer && element("small", shortened(trunk.name))),
    cell("Signalling", ...lock(signalling.encrypted, signalling.required && "TLS required", signalling.encrypted && `TLS ${signalling.version} ${signalling.cipher}`)),
    cell("Media", ...lock(trunk.media.encrypted, `SRTP ${trunk.media.policy}`, trunk.media.suite)),
    cell("Certificate", ...certificate(signalling)),
    cell("Address", element("span", trunk.source || "–")),
    cell("Last call", element("span", ago(trunk.seen_ms, now))),
    cell("Calls now", element("span", String(trunk.live))),
    cell("Today", element("span", today(trunk.today))),
    cell("Holds", holds(trunk.holds, now)));
  made.children[6].classList.add("number");
  return made;
}

function show(answer) {
  byId("summary").textContent = `Node ${answer.node}: ${answer.matching} of ${answer.known} trunks, ${answer.encrypted} encrypted, ${answer.with_problems} with something wrong`;
  byId("rows").replaceChildren(...answer.trunks.map((trunk) => row(trunk, answer.time_ms)));
  byId("more").hidden = answer.shown >= answer.matching;
  byId("more").textContent = `${answer.matching - answer.shown} more; search to see them.`;
  const selftest = byId("selftest");
  selftest.hidden = !answer.echo;
  if (answer.echo) selftest.textContent = `Self-test: call ${answer.echo} from the PBX and hear your own voice; then look whether the padlocks are closed.`;
}

async function refresh() {
  clearTimeout(timer);
  const number = ++asked;
  const query = new URLSearchParams();
  if (byId("text").value.trim()) query.set("search", byId("text").value.trim());
  if (byId("problems").checked) query.set("problems", "1");
  try {
    const reply = await fetch("api/trunks?" + query, { cache: "no-store" });
    if (!reply.ok) throw new Error(`the guard answers ${reply.status}`);
    const answer = await reply.json();
    if (number === asked) show(answer);
    byId("trouble").hidden = true;
  } catch (error) {
    byId("trouble").textContent = `Not up to date: ${error.message}. What is shown is older.`;
    byId("trouble").hidden = false;
  }
  if (number === asked && !document.hidden) timer = setTimeout(refresh, EVERY_MS);
}

byId("search").addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
byId("search").addEventListener("input", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
