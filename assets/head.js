// Runs before the first paint: the theme the reader chose, and the first questions to the server, asked while
// the other scripts load.
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
  // The layout is drawn for the width and theme that the cookie names. A scroll bar will take its room.
  var width = window.innerWidth;
  document.cookie = "view=" + width + "-" + theme + ";path=/;SameSite=Strict";

  var alone = document.documentElement.hasAttribute("data-present"); // slides need no Dash
  var parts = (alone ? [] : ["/_dash-layout", "/_dash-dependencies"]).map(function (address) {
    return new Promise(function (resolve) {
      var link = document.createElement("link");
      link.rel = "preload";
      link.as = "fetch";
      link.crossOrigin = "anonymous";
      link.href = address;
      link.onload = link.onerror = resolve;
      document.head.appendChild(link);
    });
  });
  window.aftershockParts = Promise.all(parts);

  var charts = JSON.parse(document.querySelector("meta[name=charts]").content);
  window.aftershockEarly = {};
  (charts[window.location.pathname] || []).forEach(function (chart) {
    var query = window.location.search.replace(/^\?/, "");
    var from = "/figure/" + chart + "?" + (query ? query + "&" : "") + "_w=" + width + "&_t=" + theme;
    window.aftershockEarly[from] = fetch(from);
  });
})();
