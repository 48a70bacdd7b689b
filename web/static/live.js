// Keeps the page fresh: fetches it again and puts in what has changed. Without
// scripts the page reloads itself instead.
"use strict";

const parts = ["sidebar", "main", "promises"];
const shown = new Map(parts.map((id) => [id, document.getElementById(id).innerHTML])); // as it came

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = fresh.title;
  for (const id of parts) replace(document.getElementById(id), fresh.getElementById(id));
}

// replace swaps a part that has changed, and keeps its place: at the bottom if it
// stood there, so that new messages come into view.
function replace(old, fresh) {
  if (!old || !fresh || shown.get(old.id) === fresh.innerHTML) return;
  if (old.contains(document.activeElement) && document.activeElement.id !== "messages") return;
  shown.set(old.id, fresh.innerHTML);
  const scrolled = old.querySelector(".messages, .lists") || old;
  const focused = document.activeElement.id;
  const top = scrolled.scrollTop;
  const atEnd = scrolled.scrollHeight - top - scrolled.clientHeight < 40;
  old.innerHTML = fresh.innerHTML;
  const again = old.querySelector(".messages, .lists") || old;
  again.scrollTop = atEnd && old.id === "main" ? again.scrollHeight : top;
  if (focused === "messages") document.getElementById(focused).focus({ preventScroll: true });
}

setInterval(() => refresh().catch(() => {}), 3000);
