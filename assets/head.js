// Runs before the first paint: the theme the reader chose, and what the server needs to draw at once.
(function () {
  "use strict";
  var kept = null;
  try {
    kept = window.localStorage.getItem("theme");
  } catch (error) {
    kept = null; // storage may be forbidden; the system's preference decides then
  }
  var light = window.matchMedia("(prefers-color-scheme: light)").matches;
  var theme = kept === "light" || kept === "dark" ? kept : light ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  var width = document.documentElement.clientWidth || window.innerWidth;
  document.cookie = "view=" + width + "-" + theme + ";path=/;SameSite=Strict";
})();
