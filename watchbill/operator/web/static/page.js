// Keys, and pages that stay up to date. Everything else works without it.
"use strict";

const PLACES = {
  o: "/", q: "/queue", r: "/runs", v: "/review", s: "/schedule", b: "/budget", p: "/providers", l: "/locks", e: "/events", d: "/reports", c: "/config",
};
const CALM = 1500; // milliseconds: a burst of events is one refresh
const WAIT_FOR_SECOND = 1200; // milliseconds after `g`

// ---- keys

let wentAt = 0;

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
  wentAt = 0;
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

function listen(page) {
  let due = null;
  const news = new EventSource(page.dataset.news);
  news.onmessage = () => {
    due ??= setTimeout(() => {
      due = null;
      if (!isBusy() && !document.hidden) htmx.trigger(document.body, "news");
    }, CALM);
  };
  addEventListener("pagehide", () => news.close());
}

const page = document.querySelector("main[data-news]");
if (page) listen(page);
