// Booking opens in a dialog of the page; without this file the same links lead to a page of its own.
(() => {
  const dialog = document.getElementById("dialog");
  const body = document.getElementById("dialog-body");

  const withScript = (root) => {
    // While one types htmx finds, so Enter means "book"; the button to find would take it.
    for (const element of root.querySelectorAll("[data-without-script]")) element.remove();
  };

  const show = (response) => {
    const page = new DOMParser().parseFromString(response, "text/html");
    const form = page.getElementById("booking");
    if (!form) return false;
    withScript(form);
    body.replaceChildren(form);
    htmx.process(form);
    if (!dialog.open) dialog.showModal();
    (form.querySelector("[aria-invalid=true], .overlaps button") || form.querySelector("[autofocus]") || form.querySelector("input:not([type=hidden])"))?.focus();
    return true;
  };

  const leave = (url) => { window.location.assign(url); };

  withScript(document);
  if (!dialog || typeof dialog.showModal !== "function") return;

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      try {
        const answer = await fetch(link.href, { credentials: "same-origin" });
        if (answer.redirected || !show(await answer.text())) leave(link.href);
      } catch {
        leave(link.href);
      }
    } else if (event.target.closest("[data-close]") && dialog.open) {
      event.preventDefault();
      dialog.close();
    }
  });

  dialog.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id !== "booking") return;
    event.preventDefault();
    const filled = new FormData(form, event.submitter);
    if (!filled.get("next")) filled.set("next", window.location.pathname + window.location.search);
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: filled, credentials: "same-origin", headers: { "HX-Request": "true" } });
      const url = answer.headers.get("HX-Redirect");
      if (url) leave(url);
      else if (!show(await answer.text())) window.location.reload();
    } catch {
      // The line is down: what was typed stays, and may be sent again; the form books once.
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    }
  });
})();
