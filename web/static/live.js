// Makes the page smooth: what is clicked is sent without loading the page again, and
// what has changed meanwhile is put in. Without scripts forms are sent as they are, and
// the page reloads itself.
"use strict";

document.documentElement.classList.add("scripted");

const parts = ["sidebar", "main", "promises", "told", "modal"];
const shown = new Map(parts.map((id) => [id, document.getElementById(id).innerHTML])); // as it came
let waiting = Promise.resolve(); // what was sent last: one thing is done after the other
let sending = 0;
const pressed = new Set(); // the buttons of what is being sent

async function refresh() {
  if (document.hidden || sending) return;
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok || sending) return;
  const fresh = page(await answer.text());
  for (const id of parts.slice(0, 3)) replace(id, fresh, false);
  if (Boolean(modal()) !== Boolean(fresh.querySelector(".modal"))) opened(fresh);
}

const page = (text) => new DOMParser().parseFromString(text, "text/html");
const modal = () => document.querySelector(".modal");
const entered = (form, button) => new URLSearchParams(new FormData(form, button));

// replace swaps a part that has changed, and keeps its place: at the bottom if it stood
// there, so that new messages come into view. What is being written stays, and the focus.
// Where somebody is at work it waits, unless what they did is what has changed it.
function replace(id, fresh, now) {
  const old = document.getElementById(id), next = fresh.getElementById(id);
  if (!next || shown.get(id) === next.innerHTML) return;
  const at = document.activeElement, within = old.contains(at);
  if (!now && (old.querySelector("details[open].menu") || within && at.id !== "messages" && at.matches("input, select, textarea, button, summary"))) return;
  shown.set(id, next.innerHTML);
  const scrolled = old.querySelector(".messages, .lists, .asked") || old;
  const top = scrolled.scrollTop;
  const atEnd = scrolled.scrollHeight - top - scrolled.clientHeight < 40;
  const written = old.querySelector("#say")?.value;
  old.innerHTML = next.innerHTML;
  const again = old.querySelector(".messages, .lists, .asked") || old;
  again.scrollTop = atEnd && id === "main" ? again.scrollHeight : top;
  if (written) document.getElementById("say").value = written;
  if (within) (like(at, old) || again).focus({ preventScroll: true });
  document.title = fresh.title;
}

// like finds what stands where something stood, and can be seen: itself, or the first of
// its message.
function like(gone, within) {
  if (gone.id) return document.getElementById(gone.id);
  const same = [...within.querySelectorAll(gone.localName)].find((e) => e.outerHTML === gone.outerHTML);
  if (same) return same.closest("details:not([open])")?.querySelector("summary") || same;
  return document.getElementById(gone.closest("article")?.id)?.querySelector("button, summary, a");
}

// opened puts in the modal as it now is: with the focus in it when it has just come, and
// back where it was when it has gone.
let before = "";
function opened(fresh) {
  const was = modal(), name = document.activeElement.id;
  const title = (m) => m && m.querySelector("[name=view]").value;
  if (!was) before = name;
  replace("modal", fresh, true);
  const is = modal();
  document.getElementById("demo").inert = Boolean(is);
  if (is) {
    const first = is.querySelector("[aria-describedby$=-fault]") || (title(was) === title(is) && document.getElementById(name)) || is.querySelector(".asked input, .asked select, .asked textarea") || is.querySelector("h2");
    first.focus();
  } else if (was) {
    (document.getElementById(before) || document.getElementById("messages")).focus({ preventScroll: true });
  }
}

// send does what a form asks for, and shows the page as it is then. What is typed while
// the answer is on its way stays.
async function send(form, button, sent = entered(form, button)) {
  const typed = new Map([...form.elements].filter((e) => e.name && e.type !== "hidden").map((e) => [e.id, e.value]));
  const answer = await fetch(button?.hasAttribute("formaction") ? button.formAction : form.action, { method: "POST", body: sent });
  if (!answer.ok) throw new Error(answer.statusText);
  const fresh = page(await answer.text());
  const since = [...form.elements].filter((e) => e.id && e.isConnected && typed.has(e.id) && typed.get(e.id) !== e.value).map((e) => [e.id, e.value]);
  const target = new URL(answer.url);
  if (target.pathname !== location.pathname) history.pushState(null, "", target.pathname);
  for (const id of parts.slice(0, 4)) replace(id, fresh, true);
  opened(fresh);
  for (const [id, value] of since) {
    const e = document.getElementById(id);
    if (e && form.action.endsWith("/modal")) e.value = value;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (form.method !== "post" || !form.closest("#demo, #modal")) return;
  event.preventDefault();
  const say = !button?.formNoValidate && form.querySelector("#say");
  if (pressed.has(button) && !say && !button?.matches(".now")) return; // twice is once
  const said = say ? entered(form, button) : undefined;
  if (say) say.value = ""; // what has been said is not said again
  pressed.add(button);
  sending++;
  document.body.classList.add("sending");
  waiting = waiting.then(() => send(form, button, said)).catch(() => location.reload()).finally(() => {
    pressed.delete(button);
    if (--sending === 0) document.body.classList.remove("sending");
  });
});

// What says so is told at once when it changes, as if its button had been pressed.
document.addEventListener("change", (event) => {
  const on = event.target.closest("[data-dispatch]");
  const button = on && (on.closest(".input, .actions, .side")?.querySelector(".now"));
  if (button) on.form.requestSubmit(button);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement.closest("details[open].menu");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (modal()) {
    modal().querySelector(".shut").click();
  }
});

if (modal()) (modal().querySelector(".asked input, .asked select, .asked textarea") || modal().querySelector("h2")).focus();
setInterval(() => refresh().catch(() => {}), 3000);
