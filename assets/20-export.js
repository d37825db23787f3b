// Pictures and data on their way out. A picture is drawn here, in the browser, from the same figure functions
// as the page: light, 1600 by 900 or 800 by 1000, at twice that.
(function () {
  "use strict";

  // What to draw for a memo: the figure of a chart under controls, light, with its words and its view.
  function memo(chart, search, size) {
    var query = search.replace(/^\?/, "") + (size ? "&_size=" + size : "");
    return fetch("/chart/" + chart + ".json?" + query, { cache: "no-store" }).then(function (answer) {
      return answer.json().then(function (body) {
        return answer.ok ? body : Promise.reject(new Error(body.error));
      });
    });
  }

  function save(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(function () {
      URL.revokeObjectURL(link.href);
    }, 30000);
  }

  function png(chart, button, size) {
    return memo(chart, window.location.search, size).then(function (body) {
      return window.aftershockPictures.png(body).then(function (blob) {
        save(blob, body.name + ".png");
        window.aftershock.toast("Saved " + body.name + ".png");
      });
    });
  }

  function half(chart, button) {
    return png(chart, button, "half");
  }

  function copy(chart) {
    if (!window.ClipboardItem || !navigator.clipboard) {
      return Promise.reject(new Error("This browser cannot copy pictures here; use PNG."));
    }
    // The promise goes into the item: browsers allow copying only within the click itself.
    var blob = memo(chart, window.location.search).then(window.aftershockPictures.png);
    return navigator.clipboard.write([new window.ClipboardItem({ "image/png": blob })]).then(function () {
      window.aftershock.toast("Picture copied.");
    });
  }

  function data(chart) {
    return fetch("/chart/" + chart + ".csv" + window.location.search, { cache: "no-store" }).then(function (answer) {
      if (!answer.ok) {
        return answer.json().then(function (body) {
          throw new Error(body.error);
        });
      }
      var named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
      return answer.text().then(function (text) {
        return { name: named ? named[1] : chart + ".csv", text: text };
      });
    });
  }

  function csv(chart) {
    return data(chart).then(function (file) {
      save(new Blob(["\ufeff" + file.text], { type: "text/csv" }), file.name);
      window.aftershock.toast("Saved " + file.name);
    });
  }

  // The newest rows are what a reader compares; the file holds them all.
  function table(chart, button) {
    var place = document.getElementById(chart + "-data");
    if (!place.hidden) {
      place.hidden = true;
      button.setAttribute("aria-expanded", "false");
      return Promise.resolve();
    }
    return fetch("/chart/" + chart + "/table" + window.location.search, { cache: "no-store" })
      .then(function (answer) {
        return answer.json().then(function (body) {
          return answer.ok ? body : Promise.reject(new Error(body.error));
        });
      })
      .then(function (body) {
        place.innerHTML = body.html;
        place.hidden = false;
        button.setAttribute("aria-expanded", "true");
      });
  }

  var ACTIONS = { png: png, half: half, copy: copy, csv: csv, table: table };

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-action]");
    if (!button || !ACTIONS[button.dataset.action] || button.disabled) {
      return;
    }
    button.setAttribute("aria-busy", "true");
    ACTIONS[button.dataset.action](button.dataset.chart, button)
      .catch(failed)
      .finally(function () {
        button.removeAttribute("aria-busy");
      });
  });

  function failed(error) {
    var lost = error instanceof TypeError && document.documentElement.dataset.away;
    window.aftershock.toast(lost ? "The server does not answer; try again when it does." : error.message || String(error));
  }

  window.aftershockExport = { memo: memo, save: save, failed: failed };
})();
