// Keys, and pages that stay up to date. Everything else works without it.
"use strict";

const PLACES = {
  o: "/", q: "/queue", r: "/runs", v: "/review", s: "/schedule", b: "/budget", p: "/providers", l: "/locks", e: "/events", d: "/reports", c: "/config",
};
const CALM = 1500; // milliseconds: a burst of events is one refresh
const AGAIN = 5000; // milliseconds before the stream is opened anew
const WAIT_FOR_SECOND = 1200; // milliseconds after `g`

// ---- keys

let wentAt = -Infinity; // when `g` was pressed

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("at"));
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
  all.forEach((row) => row.classList.toggle("at", row === next));
  (next.querySelector("a") || next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function mark() {
  const box = document.querySelector("[data-row].at input[type=checkbox]");
  if (!box) return false;
  box.click();
  return true;
}

function press(key) {
  const wanted = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!wanted) return false;
  if (wanted.matches("details")) {
    wanted.open = true;
    wanted.querySelector("textarea, input:not([type=hidden])")?.focus();
  } else if (wanted.matches("input, textarea")) {
    wanted.focus();
    wanted.select();
  } else {
    wanted.click();
  }
  return true;
}

const DOES = {
  j: () => (step(1), true),
  k: () => (step(-1), true),
  " ": mark,
  "?": () => (document.getElementById("keys").showModal(), true),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
    return;
  }
  if (isTyping(event.target)) return;
  const went = event.timeStamp - wentAt < WAIT_FOR_SECOND;
  wentAt = -Infinity;
  if (went && PLACES[event.key]) {
    location.assign(PLACES[event.key]);
    event.preventDefault();
  } else if (event.key === "g") {
    wentAt = event.timeStamp;
  } else if ((event.key.length === 1 && press(event.key)) || DOES[event.key]?.()) {
    event.preventDefault();
  }
});

// ---- marking many

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-marks]");
  if (all) document.querySelectorAll(`input[name="${CSS.escape(all.dataset.marks)}"]`).forEach((box) => (box.checked = all.checked));
  const form = event.target.form;
  const told = form?.querySelector("[data-marked]");
  if (told) told.textContent = form.querySelectorAll("input[name=task]:checked").length;
});

// ---- news: a page that asked for it is drawn again when something happened, unless somebody is busy on it

function isBusy() {
  const active = document.activeElement;
  return (active && active !== document.body && isTyping(active)) || document.querySelector("main input[name=task]:checked, main details[open][data-key], dialog[open]") !== null;
}

let due = null;

function hear() {
  due ??= setTimeout(() => {
    due = null;
    if (!isBusy()) htmx.trigger(document.body, "news");
  }, CALM);
}

// The stream is read by hand, for its events have names, and any of them is news. Nobody listens behind a hidden tab: a browser
// opens few connections to one place.
async function listen(place) {
  const stop = new AbortController();
  const leave = () => stop.abort();
  addEventListener("pagehide", leave, { once: true });
  document.addEventListener("visibilitychange", leave, { once: true });
  try {
    const answer = await fetch(place, { headers: { Accept: "text/event-stream" }, signal: stop.signal });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/event-stream")) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (part.value.includes("data:")) hear();
    }
  } catch {
    // the daemon went away, or the page did
  } finally {
    removeEventListener("pagehide", leave);
    document.removeEventListener("visibilitychange", leave);
  }
}

async function keepListening(place) {
  for (;;) {
    if (document.hidden) await new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
    const began = performance.now();
    await listen(place);
    if (!document.hidden) await new Promise((go) => setTimeout(go, AGAIN));
    if (performance.now() - began > CALM) hear(); // what happened meanwhile
  }
}

const page = document.querySelector("main[data-news]");
if (page) keepListening(page.dataset.news);
