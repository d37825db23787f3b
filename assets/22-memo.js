// The Memo menu: charts of this page, or the morning's, as one PDF, as slides, as pictures. They are drawn here, in
// the browser; the server puts them into a document and needs nothing that draws.
(function () {
  "use strict";

  var KINDS = [
    ["pdf", "PDF", "One PDF, a chart a page"],
    ["pptx", "PPTX", "Slides: text and tables to edit, drawings as pictures"],
    ["png", "PNGs", "The pictures, 3200 × 1800, in a ZIP"],
    ["all", "All", "PDF, slides and pictures in a ZIP"],
  ];
  var busy = false;

  function made(tag, given, inside) {
    var node = document.createElement(tag);
    Object.keys(given).forEach(function (name) {
      node.setAttribute(name, given[name]);
    });
    [].concat(inside).forEach(function (part) {
      node.append(part);
    });
    return node;
  }

  function choice(chart, name, ticked, group) {
    var box = made("input", { type: "checkbox", value: chart, name: group }, []);
    box.checked = ticked;
    return made("label", { class: "choice tick" }, [box, name]);
  }

  function group(name, title, charts, ticked) {
    var all = made("button", { type: "button", class: "word", "data-tick": name }, "all or none");
    var choices = charts.map(function (chart) {
      return choice(chart.id, chart.name, ticked, name);
    });
    return made("fieldset", {}, [made("legend", {}, [title + " ", all])].concat(choices));
  }

  function ofPage() {
    return Array.prototype.map.call(document.querySelectorAll("main [data-chart]:is(figure)"), function (figure) {
      var title = figure.querySelector("h2");
      return { id: figure.dataset.chart, name: title ? title.textContent : figure.dataset.chart };
    });
  }

  function fill(place) {
    var here = ofPage();
    return fetch("/memo.json")
      .then(function (answer) {
        return answer.ok ? answer.json() : Promise.reject(new Error("The server does not answer; try again when it does."));
      })
      .then(function (body) {
        var parts = here.length ? [group("page", "This page", here, true)] : [];
        parts.push(group("morning", "The morning’s " + body.morning.length, body.morning, !here.length));
        var words = KINDS.map(function (kind) {
          return made("button", { type: "button", class: "word", "data-memo": kind[0], title: kind[2] }, kind[1]);
        });
        parts.push(made("div", { class: "words", role: "group", "aria-label": "Make a pack of the ticked charts" }, words));
        var field = made("input", { id: "shell-memo-view", placeholder: "dd-7K2M4", maxlength: 12, autocomplete: "off" }, []);
        var label = made("label", { for: "shell-memo-view" }, "Open the view a picture names, then Enter");
        parts.push(made("div", { class: "view" }, [label, field]));
        place.replaceChildren.apply(place, parts);
      })
      .catch(function (error) {
        place.replaceChildren(made("p", { class: "view" }, error.message));
      });
  }

  // The morning's charts take only what this page shares with theirs: the basket and the instant.
  function shared(search) {
    var given = new URLSearchParams(search);
    var kept = new URLSearchParams();
    ["basket", "asof"].forEach(function (name) {
      if (given.has(name)) {
        kept.set(name, given.get(name));
      }
    });
    return "?" + kept.toString();
  }

  function ticked(place) {
    var found = [];
    var known = {};
    place.querySelectorAll("input:checked").forEach(function (box) {
      if (!known[box.value]) {
        known[box.value] = true;
        var search = box.name === "page" ? window.location.search : shared(window.location.search);
        found.push({ chart: box.value, search: search });
      }
    });
    return found;
  }

  // Asked for at once, drawn one after the other: drawing takes the browser's whole attention.
  function pack(kind, charts) {
    var left = [];
    var asked = charts.map(function (item) {
      var body = window.aftershockExport.memo(item.chart, item.search);
      body.catch(function () {}); // told below, in its turn
      return body;
    });
    var form = new FormData();
    var views = [];
    return asked
      .reduce(function (before, body, at) {
        return before.then(function () {
          window.aftershock.toast("Drawing " + (at + 1) + " of " + charts.length);
          return body.then(
            function (found) {
              return window.aftershockPictures.png(found).then(function (blob) {
                views.push({ chart: charts[at].chart, address: found.data_address });
                form.append("picture", blob, found.name + ".png");
              });
            },
            function (error) {
              left.push(charts[at].chart + ": " + error.message);
            }
          );
        });
      }, Promise.resolve())
      .then(function () {
        if (!views.length) {
          throw new Error(left[0] || "Tick a chart.");
        }
        form.append("views", JSON.stringify(views));
        return fetch("/memo/" + kind, { method: "POST", body: form });
      })
      .then(function (answer) {
        if (!answer.ok) {
          return answer.json().then(function (body) {
            throw new Error(body.error);
          });
        }
        var named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
        return answer.blob().then(function (blob) {
          var name = named ? named[1] : "aftershock-memo." + kind;
          window.aftershockExport.save(blob, name);
          window.aftershock.toast("Saved " + name + (left.length ? ". Left out: " + left.join(" ") : ""));
        });
      });
  }

  function make(button, place) {
    var charts = ticked(place);
    if (busy) {
      return;
    }
    if (!charts.length) {
      window.aftershock.toast("Tick a chart.");
      return;
    }
    busy = true;
    button.setAttribute("aria-busy", "true");
    pack(button.dataset.memo, charts)
      .catch(window.aftershockExport.failed)
      .finally(function () {
        busy = false;
        button.removeAttribute("aria-busy");
      });
  }

  document.addEventListener(
    "toggle",
    function (event) {
      if (event.target.id === "shell-memo" && event.target.open) {
        fill(document.getElementById("shell-memo-menu"));
      }
    },
    true
  );

  document.addEventListener("click", function (event) {
    var place = document.getElementById("shell-memo-menu");
    var word = event.target.closest("button[data-memo]");
    var tick = event.target.closest("button[data-tick]");
    if (word) {
      make(word, place);
    }
    if (tick) {
      var boxes = Array.prototype.slice.call(tick.closest("fieldset").querySelectorAll("input"));
      var on = boxes.every(function (box) {
        return box.checked;
      });
      boxes.forEach(function (box) {
        box.checked = !on;
      });
    }
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.id === "shell-memo-view" && event.target.value.trim()) {
      window.location.assign("/v/" + encodeURIComponent(event.target.value.trim()));
    }
  });
})();
