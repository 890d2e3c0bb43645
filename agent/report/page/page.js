"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const told = document.getElementById("told");
  const foldable = all("details");

  for (const command of all(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const code = command.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
      }
      button.textContent = "Copied";
      told.textContent = "The command is copied.";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    command.append(button);
  }

  const filter = document.getElementById("filter");
  const problems = all("article");
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const one of problems) one.hidden = !one.textContent.toLowerCase().includes(wanted);
    const shown = problems.filter((one) => !one.hidden).length;
    told.textContent = wanted ? `${shown} of ${problems.length} shown` : "";
  });

  const fold = (open) => { for (const one of foldable) one.open = open; };
  document.getElementById("open").addEventListener("click", () => fold(true));
  document.getElementById("close").addEventListener("click", () => fold(false));
  let before = [];
  addEventListener("beforeprint", () => { before = foldable.map((one) => one.open); fold(true); });
  addEventListener("afterprint", () => foldable.forEach((one, place) => { one.open = before[place]; }));
  document.getElementById("tools").hidden = false;
})();
