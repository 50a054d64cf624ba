// Conveniences of the back office. Every page is complete without this file.
(() => {
  "use strict";
  const box = document.getElementById("q");
  const keys = document.getElementById("keys");
  let isGoing = false;

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const isTyping = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (isGoing) {
      isGoing = false;
      const link = document.querySelector(`.ad-nav [data-go="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); window.location.assign(link.href); }
    } else if (event.key === "g") {
      isGoing = true;
      window.setTimeout(() => { isGoing = false; }, 1500);
    } else if (event.key === "/") {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "?") {
      keys.showModal();
    }
  });

  // A button beside every id, which says what it has done.
  const offerToCopy = (code) => {
    if (code.dataset.copy || !navigator.clipboard) return;
    code.dataset.copy = "offered";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ad-copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${code.textContent}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      window.setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
    code.after(button);
  };
  const prepare = () => document.querySelectorAll("[data-copy]").forEach(offerToCopy);
  prepare();
  document.addEventListener("htmx:after:swap", prepare);

  // What nobody looks at is not refreshed.
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden) event.preventDefault();
  });

  // A form that is on its way is not sent again by an impatient hand.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !button || button.name || event.target.method === "dialog") return;
    window.setTimeout(() => { button.disabled = true; }, 0);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("button[disabled]").forEach((button) => { button.disabled = false; }));
})();
