// Charts. The server draws a figure for an address, a width and a theme; this fetches it and hands it to plotly,
// without waiting for the rest of the page: the lines are what a reader looks for first.
(function () {
  "use strict";

  var CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset", scrollZoom: false };
  var DAY = 86400000;
  var MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  function address(chart, wanted) {
    var query = wanted.search.replace(/^\?/, "");
    var version = wanted.version ? "&_v=" + encodeURIComponent(wanted.version) : "";
    return "/figure/" + chart + "?" + (query ? query + "&" : "") + "_w=" + wanted.width + "&_t=" + wanted.theme + version;
  }

  function draw(wanted) {
    document.querySelectorAll("[data-plot]").forEach(function (place) {
      var from = address(place.dataset.plot, wanted);
      if (place.drawnFrom === from) {
        return;
      }
      place.drawnFrom = from;
      place.setAttribute("aria-busy", "true");
      figure(from)
        .then(function (body) {
          return plotly().then(function (Plotly) {
            if (place.drawnFrom !== from || !place.isConnected) {
              return null; // a later choice overtook this one
            }
            return Plotly.react(place, body.data, body.layout, CONFIG).then(function () {
              watch(place);
            });
          });
        })
        .catch(function (error) {
          reading(place, error.message || String(error));
          place.drawnFrom = null;
        })
        .finally(function () {
          place.removeAttribute("aria-busy");
        });
    });
  }

  // head.js asked for the first figure before any other script had run.
  function figure(from) {
    var early = window.aftershockEarly && window.aftershockEarly[from];
    if (early) {
      delete window.aftershockEarly[from];
      return early.then(checked);
    }
    return fetch(from).then(checked);
  }

  function checked(answer) {
    return answer.json().then(function (body) {
      return answer.ok ? body : Promise.reject(new Error(body.error));
    });
  }

  function plotly() {
    return new Promise(function (resolve) {
      (function look() {
        if (window.Plotly) {
          resolve(window.Plotly);
        } else {
          window.setTimeout(look, 4);
        }
      })();
    });
  }

  // The pointer's reading: which line, which session, which value. It repeats what the table holds.
  function watch(place) {
    if (place.watched) {
      return;
    }
    place.watched = true;
    place.on("plotly_hover", function (event) {
      var point = event.points[0];
      reading(place, point ? named(point, place.layout.meta) + "  " + point.data.name + "  " + signed(point.y) + "%" : "");
    });
    place.on("plotly_unhover", function () {
      reading(place, "");
    });
  }

  function reading(place, text) {
    document.getElementById(place.dataset.plot + "-readout").textContent = text;
  }

  function named(point, meta) {
    if (meta.unit === "session" && meta.days) {
      return dated(meta.days[Math.round(point.x)]);
    }
    return meta.unit === "day" ? dated(point.x) : signed(point.x).replace(/\.0$/, "") + " sessions from day 0";
  }

  function dated(day) {
    var date = new Date(day * DAY);
    return date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear();
  }

  function signed(value) {
    var text = Math.abs(value).toFixed(1);
    return Number(text) === 0 ? text : (value > 0 ? "+" : "\u2212") + text;
  }

  window.aftershockCharts = { draw: draw };
})();
