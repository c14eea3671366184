// Keeps the list and the message's history fresh, and plays the customer
// without leaving the page. Without this script the page still works: its
// forms post and come back.
"use strict";

const every = 2000; // milliseconds between two looks


// refresh asks for the same page again and takes over the parts that changed.
// The server escaped everything in them.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const newest = document.querySelector("#list li a")?.getAttribute("href");
  for (const id of ["faults", "list", "events"]) {
    const before = document.getElementById(id);
    const after = fresh.getElementById(id);
    if (!before || !after || before.innerHTML === after.innerHTML) continue;
    const focused = before.contains(document.activeElement) && document.activeElement.getAttribute("href");
    before.replaceWith(document.adoptNode(after));
    if (focused) document.querySelector(`#${id} a[href="${CSS.escape(focused)}"]`)?.focus();
  }
  const first = document.querySelector("#list li a");
  if (first && first.getAttribute("href") !== newest) {
    document.getElementById("news").textContent = `New message to ${first.querySelector(".to").textContent}`;
  }
}

async function look() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The sandbox is stopped or starting again; the next look will tell.
  }
  setTimeout(look, every);
}

async function play(event) {
  event.preventDefault();
  const form = event.target;
  const outcome = document.getElementById("outcome");
  const button = form.querySelector("button");
  button.disabled = true;
  outcome.className = "";
  outcome.textContent = "Calling the webhook …";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    const told = await answer.json();
    outcome.className = answer.ok ? "" : "bad";
    outcome.textContent = told.detail || told.error || `Done: the ${told.provider} webhook answered ${told.status}.`;
    if (!answer.ok && told.status && told.provider) {
      outcome.textContent = `The ${told.provider} webhook answered ${told.status}.`;
    }
    if (answer.ok) form.reset();
    await refresh();
  } catch {
    outcome.className = "bad";
    outcome.textContent = "The sandbox does not answer. Is it still running?";
  }
  button.disabled = false;
  button.focus();
}

for (const form of document.querySelectorAll("form[method=post]")) form.addEventListener("submit", play);

const clear = document.getElementById("clear");
clear.hidden = false;
clear.addEventListener("click", async () => {
  if (!confirm("Remove every message from the outbox?")) return;
  await fetch("/outbox/messages", { method: "DELETE" });
  location.href = "/";
});

setTimeout(look, every);
