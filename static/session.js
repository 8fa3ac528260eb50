/* Warns before a session ends, without taking the page away. Without it a session ends all the same, and what was
   typed is kept until its owner has signed in again: no page needs this script. */
"use strict";
(() => {
  const dialog = document.getElementById("session");
  if (!dialog || !dialog.showModal) return;
  const form = dialog.querySelector("form");
  const early = Number(dialog.dataset.early);
  let timer, due, shown = "";

  // A computer that slept wakes up with its timers late: `due` is looked at when the page is seen again.
  const wait = (seconds) => {
    clearTimeout(timer);
    due = Date.now() + 1000 * seconds;
    timer = setTimeout(ask, 1000 * seconds);
  };

  const close = () => {
    if (dialog.open) dialog.close();
  };

  // "warning": it ends soon; "last": it ends soon and cannot be made longer; "over": it has ended.
  const show = (state) => {
    if (shown === state) return;
    shown = state;
    for (const part of dialog.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
    dialog.setAttribute("aria-labelledby", `session-${state}`);
    dialog.setAttribute("aria-describedby", `session-${state}-texte`);
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(`[data-state="${state}"] :is(button, a)`).focus();
  };

  const tell = (remaining, asked) => {
    if (remaining > early) {
      shown = "";
      close();
      wait(remaining - early);
    } else if (remaining > 0) {
      if (asked) show("last");
      else if (shown !== "last") show("warning");
      // Another tab may go on with the session: look again.
      wait(Math.min(remaining, 10));
    } else {
      clearTimeout(timer);
      show("over");
    }
  };

  // Activity in any tab counts: the server is asked before anything is said.
  const ask = async () => {
    try {
      const answer = await fetch(form.action, { cache: "no-store" });
      tell((await answer.json()).remaining, false);
    } catch {
      wait(20);
    }
  };

  const stay = async () => {
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      tell((await answer.json()).remaining, true);
    } catch {
      // No network, or somebody signed in anew in another tab: ask how things stand.
      ask();
    }
  };

  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.hasAttribute("formaction")) return;
    event.preventDefault();
    stay();
  });
  // The Escape key.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (shown === "warning") stay();
    else close();
  });
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", close);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (shown || Date.now() >= due)) ask();
  });

  wait(Math.max(0, Number(dialog.dataset.remaining) - early));
})();
