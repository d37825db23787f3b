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

  // Plotly draws into elements of ours inside the place: the shown one, and the last few before it, so that the
  // way back costs nothing. When Dash takes over the page and puts new places where the first ones stood, the
  // drawn charts move into them.
  var KEPT = 4;
  var ASKED = 12;
  var PATIENCE = 500;
  var drawings = {};

  function drawingsOf(place) {
    var name = place.dataset.plot;
    drawings[name] = drawings[name] || [];
    drawings[name].forEach(function (drawing) {
      if (drawing.element.parentNode !== place) {
        place.appendChild(drawing.element);
      }
    });
    return drawings[name];
  }

  function drawingFor(place, from) {
    var kept = drawingsOf(place);
    var found = kept.find(function (drawing) {
      return drawing.from === from;
    });
    return found || newDrawing(place, kept, from);
  }

  // Only the state changes: plotly keeps a class of its own on the element, by which its style sheet lays the
  // texts and the watermark over the lines.
  function dress(element, state) {
    element.classList.add("canvas");
    ["waiting", "kept", "shown"].forEach(function (other) {
      element.classList.toggle(other, other === state);
    });
  }

  function newDrawing(place, kept, from) {
    var spare = kept.find(function (drawing) {
      return drawing.settled && drawing !== place.shown;
    });
    var reuse = spare && (spare.from === null || kept.length >= KEPT);
    var element = reuse ? spare.element : document.createElement("div");
    if (reuse) {
      kept.splice(kept.indexOf(spare), 1);
    }
    element.dataset.canvas = place.dataset.plot;
    dress(element, "waiting"); // laid out, for plotly measures its texts, but not seen
    place.appendChild(element);
    var drawing = { from: from, element: element, settled: false };
    kept.push(drawing);
    drawing.done = figure(from)
      .then(function (body) {
        drawing.body = body;
        return plotly().then(function (Plotly) {
          return Plotly.react(element, body.data, body.layout, CONFIG);
        });
      })
      .then(
        function () {
          drawing.settled = true;
          watch(element);
        },
        function (error) {
          kept.splice(kept.indexOf(drawing), 1);
          element.remove();
          throw error;
        }
      );
    return drawing;
  }

  // A change redraws faster than a first drawing draws: when the browser has nothing to do, a second canvas is
  // made ready behind each chart, so that the first change is a redraw too.
  function makeSpare() {
    document.querySelectorAll("[data-plot]").forEach(function (place) {
      var kept = drawingsOf(place);
      if (kept.length !== 1 || !kept[0].settled || !window.Plotly) {
        return;
      }
      var element = document.createElement("div");
      var spare = { from: null, element: element, settled: false };
      element.dataset.canvas = place.dataset.plot;
      dress(element, "waiting");
      place.appendChild(element);
      kept.unshift(spare);
      var body = JSON.parse(JSON.stringify(kept[1].body));
      window.Plotly.newPlot(element, body.data, body.layout, CONFIG).then(function () {
        spare.settled = true;
        dress(element, "kept");
      });
    });
  }

  function draw(wanted) {
    var places = Array.prototype.slice.call(document.querySelectorAll("[data-plot]"));
    return Promise.all(
      places.map(function (place) {
        var drawing = drawingFor(place, address(place.dataset.plot, wanted));
        place.wanted = drawing;
        place.setAttribute("aria-busy", "true");
        var rest = work(place, drawing);
        return drawing.done
          .then(function () {
            if (place.wanted === drawing) {
              show(place, drawing);
            }
          })
          .catch(function (error) {
            if (error instanceof TypeError) {
              window.aftershockLink.suspect(); // nobody answered; it is asked again when somebody does
            }
            if (error.name !== "AbortError") {
              reading(drawing.element, error.message || String(error));
            }
          })
          .finally(function () {
            rest();
            if (place.wanted === drawing) {
              place.removeAttribute("aria-busy"); // else a later choice is still under way
            }
          });
      })
    );
  }

  // What takes longer than a moment says so, counts the seconds, and can be called off: then the chart and the
  // address stay as they were. Gives the function that ends it.
  function work(place, drawing) {
    var began = Date.now();
    var note = null;
    var ticking = window.setInterval(function () {
      if (Date.now() - began < PATIENCE || drawing.settled) {
        return;
      }
      if (!note) {
        note = document.createElement("div");
        note.className = "working";
        note.setAttribute("role", "status");
        note.innerHTML = "<span></span> <button class='word' type='button'>Cancel</button>";
        note.querySelector("button").addEventListener("click", function () {
          callOff(place, drawing);
        });
        place.appendChild(note);
      }
      note.firstChild.textContent = "Working, " + Math.round((Date.now() - began) / 1000) + " s";
    }, 250);
    return function () {
      window.clearInterval(ticking);
      if (note) {
        note.remove();
      }
    };
  }

  function callOff(place, drawing) {
    if (asked[drawing.from]) {
      asked[drawing.from].abort();
    }
    if (place.shown && place.shown !== drawing) {
      place.wanted = place.shown;
      window.history.back();
    }
  }

  function show(place, drawing) {
    var told = document.getElementById(place.dataset.plot + "-summary");
    if (told && drawing.body && drawing.body.summary) {
      told.textContent = drawing.body.summary; // for who cannot see it
    }
    place.shown = drawing;
    drawingsOf(place).forEach(function (other) {
      dress(other.element, other === drawing ? "shown" : other.settled ? "kept" : "waiting");
    });
  }

  // Figures asked for before they are needed: the first by head.js, others when a choice is pointed at.
  var early = {};
  Object.keys(window.aftershockEarly).forEach(function (from) {
    early[from] = window.aftershockEarly[from].then(checked);
  });

  var asked = {};

  function figure(from) {
    var body = early[from];
    if (!body) {
      asked[from] = new AbortController();
      body = fetch(from, { signal: asked[from].signal }).then(checked);
      body.catch(function () {}).finally(function () {
        delete asked[from];
      });
    }
    delete early[from];
    return body;
  }

  function ask(wanted) {
    document.querySelectorAll("[data-plot]").forEach(function (place) {
      var from = address(place.dataset.plot, wanted);
      var waiting = Object.keys(early);
      var known = drawingsOf(place).some(function (drawing) {
        return drawing.from === from;
      });
      if (!early[from] && !known) {
        waiting.slice(0, Math.max(waiting.length - ASKED + 1, 0)).forEach(function (old) {
          delete early[old];
        });
        early[from] = fetch(from).then(checked);
        early[from].catch(function () {
          delete early[from];
        });
      }
    });
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
    if (place.watched || !place.on) {
      return;
    }
    place.watched = true;
    place.on("plotly_hover", function (event) {
      var point = event.points[0];
      reading(place, point ? told(point, place.layout.meta) : "");
    });
    place.on("plotly_unhover", function () {
      reading(place, "");
    });
    place.on("plotly_click", function (event) {
      var address = event.points[0].customdata;
      if (address) {
        window.aftershock.go(address);
      }
    });
  }

  function reading(place, text) {
    document.getElementById(place.dataset.canvas + "-readout").textContent = text;
  }

  function told(point, meta) {
    return point.data.hovertext ? point.hovertext || "" : named(point, meta) + "  " + point.data.name + "  " + signed(point.y) + "%";
  }

  function named(point, meta) {
    if (meta.unit === "minute") {
      var minute = Math.round(point.x);
      var clock = new Date((minute % 1440) * 60000).toISOString().slice(11, 16);
      return dated(meta.days[Math.min(Math.floor(minute / 1440), meta.days.length - 1)]) + " " + clock + " UTC";
    }
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

  // Dash starts when the charts stand, or after a moment when there is none or the source of one is slow.
  function start() {
    var list = document.getElementById("dash-scripts");
    if (!list) {
      return;
    }
    list.remove();
    list.content.querySelectorAll("script").forEach(function (named) {
      var script = document.createElement("script");
      script.src = named.getAttribute("src");
      script.id = named.id;
      script.async = false; // in order
      document.body.appendChild(script);
    });
    (window.requestIdleCallback || window.setTimeout)(makeSpare, { timeout: 3000 });
  }

  function after(milliseconds) {
    return new Promise(function (resolve) {
      window.setTimeout(resolve, milliseconds);
    });
  }

  function first() {
    var wanted = {
      search: window.location.search,
      width: window.innerWidth,
      theme: document.documentElement.dataset.theme,
      version: null,
    };
    // Dash takes away what the server wrote before it has its own: it starts once that is here.
    var whole = Promise.race([window.aftershockParts, after(10000)]);
    Promise.all([Promise.race([draw(wanted), after(1200)]), whole]).then(function () {
      window.requestAnimationFrame(function () {
        window.setTimeout(start, 0);
      });
    });
  }

  // Nobody answers any more: what was asked is not waited for.
  function drop() {
    Object.keys(asked).forEach(function (from) {
      asked[from].abort();
    });
    early = {};
  }

  window.aftershockCharts = { draw: draw, ask: ask, drop: drop };
  first();
})();
