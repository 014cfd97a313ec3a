// What makes the pages nicer where scripts run; all of them work without.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = {
    get(name) { try { return localStorage.getItem(name); } catch { return null; } },
    set(name, value) { try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* private window */ } },
  };

  // The theme is set before anything is painted.
  const themes = ["", "light", "dark"];
  const theme = () => { const value = kept.get("theme") || ""; return themes.includes(value) ? value : ""; };
  const paint = () => { theme() ? root.setAttribute("data-theme", theme()) : root.removeAttribute("data-theme"); };
  paint();
  // What only works with script is shown from the first paint on, so nothing moves later.
  root.setAttribute("data-js", "");
  if (navigator.clipboard) root.setAttribute("data-clip", "");

  // The words of buttons are in the page, in its language.
  const themeButton = (button) => {
    const names = button.dataset.names.split("|");
    const tell = () => {
      button.title = button.dataset.label.replace("{name}", names[themes.indexOf(theme())]);
      button.setAttribute("aria-label", button.title);
    };
    tell();
    button.addEventListener("click", () => {
      kept.set("theme", themes[(themes.indexOf(theme()) + 1) % themes.length]);
      paint();
      tell();
    });
  };

  const copyButton = (button) => {
    const words = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = button.dataset.done;
      } catch {
        button.textContent = button.dataset.copy;
      }
      setTimeout(() => { button.textContent = words; }, 2500);
    });
  };

  // Long lists: only what holds the typed words stays.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const filterField = (field) => {
    const list = document.getElementById(field.dataset.filter);
    const box = field.closest(".filter");
    const rows = list ? [...list.querySelectorAll("li")] : [];
    const texts = rows.map((row) => plain(row.textContent));
    const told = box.querySelector("[role=status]");
    field.addEventListener("input", () => {
      const words = plain(field.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, at) => {
        row.hidden = !words.every((word) => texts[at].includes(word));
        if (!row.hidden) shown += 1;
      });
      for (const part of list.querySelectorAll("section")) part.hidden = !part.querySelector("li:not([hidden])");
      told.textContent = words.length ? field.dataset.told.replace("{shown}", shown).replace("{all}", rows.length) : "";
    });
  };

  // j, k, o, / and ?: off for whoever wishes (WCAG 2.2, 2.1.4).
  const keys = () => {
    const dialog = document.getElementById("keys");
    const on = document.getElementById("keys-on");
    const open = document.querySelector(".keys-open");
    if (!dialog || !dialog.showModal) return;
    on.checked = kept.get("keys") !== "off";
    on.addEventListener("change", () => kept.set("keys", on.checked ? "" : "off"));
    if (open) { open.addEventListener("click", () => dialog.showModal()); }
    const step = (by) => {
      const titles = [...document.querySelectorAll("main a.go")].filter((link) => link.offsetParent);
      if (!titles.length) return;
      const at = titles.indexOf(document.activeElement);
      const next = titles[Math.min(Math.max(at + by, 0), titles.length - 1)];
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "center" });
    };
    const does = {
      j: () => step(1),
      k: () => step(-1),
      o: () => { if (document.activeElement.matches("a.go")) document.activeElement.click(); },
      "/": () => document.getElementById("q").focus(),
      "?": () => dialog.showModal(),
    };
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
      if (!on.checked || typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in does)) return;
      event.preventDefault();
      does[event.key]();
    });
  };

  // A page that waits for a poll asks again, and changes only when there is news.
  const refresh = (part) => {
    const again = async () => {
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const news = page.getElementById(part.id);
        if (news && !news.dataset.refresh) {
          part.replaceChildren(...news.childNodes);
          document.title = page.title;
          return;
        }
      } catch { /* the next try may work */ }
      setTimeout(again, part.dataset.refresh * 1000);
    };
    setTimeout(again, part.dataset.refresh * 1000);
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".theme").forEach(themeButton);
    document.querySelectorAll("[data-copy]").forEach(copyButton);
    document.querySelectorAll("[data-filter]").forEach(filterField);
    document.querySelectorAll("[data-refresh]").forEach(refresh);
    keys();
  });
})();
