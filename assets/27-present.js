// Presenter mode: slides written by the server, figures drawn here, on prices that stand still; the keys, the
// timer, and the word on what has come in since. On every other page only the way in: the word and the key P.
(function () {
  "use strict";

  var LOGICAL = { width: 1280, height: 720 }; // a larger window shows the same slide larger
  var PACE = 20;

  function search(view, added) {
    var own = (view || "").replace(/^\?/, "");
    return "?" + (own ? own + "&" : "") + added;
  }

  function plain(event) {
    return !event.altKey && !event.ctrlKey && !event.metaKey && !event.defaultPrevented;
  }

  function typing(target) {
    return target.closest && target.closest("input, textarea, select, [contenteditable]");
  }

  // The slide of the chart that the reader is at, counted as the slides are: in the page's order.
  function enter() {
    var focused = document.activeElement && document.activeElement.closest("[data-chart]");
    var charts = Array.prototype.slice.call(document.querySelectorAll("figure[data-chart]"));
    var at = focused ? charts.indexOf(focused.closest("figure")) : -1;
    window.location.assign(window.location.pathname + search(window.location.search, "present=1" + (at > 0 ? "&slide=" + (at + 1) : "")));
  }

  function wayIn() {
    document.addEventListener("click", function (event) {
      var link = event.target.closest("#shell-present");
      if (link && event.button === 0 && plain(event) && !event.shiftKey) {
        event.preventDefault();
        enter();
      }
    });
    document.addEventListener("keydown", function (event) {
      if (event.key.toLowerCase() === "p" && plain(event) && !typing(event.target)) {
        enter();
      }
    });
  }

  function present(main) {
    var stage = document.getElementById("present-stage");
    var own = main.dataset;
    var given = new URLSearchParams(window.location.search);
    var state = { slide: 1, every: Number(given.get("every")) || 0, playlist: given.get("playlist") || "" };
    var count = Number(own.count);
    var frozen = { token: own.token, stamp: own.stamp };
    var slides = {}; // by number: the section, and the figure that is drawn in it
    var running = Boolean(state.every);
    var timer = null;
    var turn = 0;

    function theme() {
      return document.documentElement.dataset.theme;
    }

    function asked(number) {
      var query = "present=1" + (number === 1 ? "" : "&slide=" + number) + (state.every ? "&every=" + state.every : "");
      return search(own.view, query + (state.playlist ? "&playlist=" + encodeURIComponent(state.playlist) : ""));
    }

    function get(name, number, more) {
      var address = "/present/" + name + asked(number) + "&_p=" + encodeURIComponent(own.path);
      return fetch(address + "&_k=" + encodeURIComponent(frozen.token) + (more || ""), { cache: "no-store" }).then(function (answer) {
        return answer.json().then(function (body) {
          return answer.ok ? body : Promise.reject(new Error(body.error));
        });
      });
    }

    // The same slide at every size: from 1280 by 720 up, what is larger is the picture, not the room.
    function fit() {
      var scale = Math.max(1, Math.min(window.innerWidth / LOGICAL.width, window.innerHeight / LOGICAL.height));
      stage.style.width = window.innerWidth / scale + "px";
      stage.style.height = window.innerHeight / scale + "px";
      stage.style.transform = scale === 1 ? "" : "scale(" + scale + ")";
    }

    function section(number) {
      slides[number] =
        slides[number] ||
        get("slide", number).then(function (body) {
          var holder = document.createElement("template");
          holder.innerHTML = body.html;
          var found = holder.content.firstElementChild;
          found.classList.add("away");
          stage.appendChild(found);
          return found;
        });
      return slides[number];
    }

    // A figure is asked for at the size that its place has beside this headline and this key.
    function drawn(number) {
      return Promise.all([section(number), document.fonts.ready]).then(function (got) {
        var found = got[0];
        var place = found.querySelector(".slide-figure");
        if (!place || place.classList.contains("none")) {
          return found;
        }
        var more = "&_w=" + place.clientWidth + "&_h=" + place.clientHeight + "&_t=" + theme();
        if (place.wanted !== more) {
          place.wanted = more;
          place.drawing = Promise.all([get("figure", number, more), plotly()]).then(function (got) {
            if (place.wanted === more) {
              return window.Plotly.react(place, got[0].data, got[0].layout, { staticPlot: true, responsive: false });
            }
          });
          place.drawing.then(
            function () {
              place.removeAttribute("aria-busy");
            },
            function (error) {
              place.wanted = null;
              place.removeAttribute("aria-busy");
              tell(found, error.message || String(error));
            }
          );
        }
        return place.drawing.then(
          function () {
            return found;
          },
          function () {
            return found;
          }
        );
      });
    }

    function plotly() {
      return new Promise(function (resolve) {
        (function look() {
          if (window.Plotly) {
            resolve();
          } else {
            window.setTimeout(look, 4);
          }
        })();
      });
    }

    function tell(found, text) {
      var place = found.querySelector(".slide-head .notice.told");
      if (!place) {
        place = document.createElement("p");
        place.className = "notice told";
        found.querySelector(".slide-head").appendChild(place);
      }
      place.textContent = text;
    }

    function show(number) {
      var mine = ++turn;
      var wanted = ((number - 1 + count) % count) + 1;
      wait();
      drawn(wanted).then(
        function (found) {
          if (mine !== turn) {
            return; // another page was asked for meanwhile
          }
          state.slide = wanted;
          Array.prototype.forEach.call(stage.children, function (other) {
            other.classList.toggle("away", other !== found);
          });
          foot();
          window.history.replaceState({}, "", window.location.pathname + asked(wanted));
          say(wanted + " of " + count + ": " + found.querySelector("h1").textContent);
          ahead();
        },
        function (error) {
          delete slides[wanted];
          tell(stage.querySelector(".slide:not(.away)"), error.message || String(error));
        }
      );
    }

    // All slides are fetched while the first is talked about, one after the other: what is shown later is of the
    // same prices, whatever becomes of the server.
    function ahead() {
      if (ahead.under) {
        return;
      }
      var next = null;
      for (var step = 1; step <= count && next === null; step += 1) {
        var number = ((state.slide - 1 + step) % count) + 1;
        next = slides[number] ? null : number;
      }
      if (next !== null) {
        ahead.under = true;
        drawn(next)
          .catch(function () {
            delete slides[next];
            return Promise.reject();
          })
          .then(
            function () {
              ahead.under = false;
              ahead();
            },
            function () {
              ahead.under = false; // asked for again when it is wanted
            }
          );
      }
    }

    function say(text) {
      document.getElementById("present-said").textContent = text;
    }

    // What is true of every slide stands in the foot of the one that is seen.
    function foot() {
      stage.querySelectorAll(".slide-foot").forEach(function (place) {
        var pace = place.querySelector(".pace");
        pace.hidden = !state.every;
        pace.textContent = running ? "Every " + state.every + " s" : "Paused";
        var news = place.querySelector(".news");
        news.hidden = !frozen.news;
        news.textContent = frozen.news || "";
      });
    }

    function wait() {
      window.clearTimeout(timer);
      if (running) {
        timer = window.setTimeout(function () {
          show(state.slide + 1);
        }, 1000 * state.every);
      }
    }

    function pause() {
      running = !running;
      state.every = state.every || PACE;
      say(running ? "A page every " + state.every + " seconds" : "Paused");
      window.history.replaceState({}, "", window.location.pathname + asked(state.slide));
      foot();
      wait();
    }

    function again() {
      fit();
      Object.keys(slides).forEach(function (number) {
        slides[number].then(function (found) {
          if (found.classList.contains("away") && Number(number) !== state.slide) {
            found.querySelectorAll(".slide-figure").forEach(function (place) {
              place.wanted = null;
            });
          }
        });
      });
      show(state.slide);
    }

    function take() {
      return fetch("/present/open", { cache: "no-store" })
        .then(function (answer) {
          return answer.json().then(function (body) {
            return answer.ok ? body : Promise.reject(new Error(body.error));
          });
        })
        .then(function (body) {
          frozen = body;
          own.token = body.token;
          var old = Array.prototype.slice.call(stage.children);
          slides = {};
          ahead.under = false;
          show(state.slide);
          return slides[state.slide].then(function () {
            return drawn(state.slide);
          }).then(function () {
            old.forEach(function (other) {
              other.remove();
            });
          });
        })
        .catch(function (error) {
          tell(stage.querySelector(".slide:not(.away)"), error.message || String(error));
        });
    }

    document.addEventListener("aftershock:pulse", function (event) {
      if (event.detail.version && event.detail.version !== frozen.stamp) {
        get("news", 1).then(
          function (body) {
            frozen.news = body.sentence;
            foot();
          },
          function () {
            frozen.news = "Prices have moved on";
            foot();
          }
        );
      }
    });

    function full() {
      if (document.fullscreenElement) {
        document.exitFullscreen();
      } else if (document.documentElement.requestFullscreen) {
        document.documentElement.requestFullscreen().catch(function () {
          say("The browser did not allow full screen.");
        });
      }
    }

    function other() {
      document.documentElement.dataset.theme = theme() === "light" ? "dark" : "light";
      try {
        window.localStorage.setItem("theme", theme());
      } catch (error) {
        // Without storage the choice lasts for this presentation.
      }
      again();
    }

    var KEYS = {
      ArrowRight: 1,
      ArrowDown: 1,
      PageDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
      PageUp: -1,
    };
    var ACTIONS = { f: full, t: other, r: take, p: pause };

    function leave() {
      window.location.assign(stage.querySelector(".slide:not(.away) .leave").href);
    }

    document.addEventListener("keydown", function (event) {
      var key = event.key;
      if (!plain(event)) {
        return;
      }
      if (KEYS[key]) {
        show(state.slide + KEYS[key]);
      } else if (key === "Home" || key === "End") {
        show(key === "Home" ? 1 : count);
      } else if (key === "Escape") {
        leave();
      } else if (key === " " && !event.target.closest("a, button")) {
        pause();
      } else if (ACTIONS[key.toLowerCase()]) {
        ACTIONS[key.toLowerCase()]();
      } else {
        return;
      }
      event.preventDefault();
    });

    document.addEventListener("click", function (event) {
      var step = event.target.closest(".step");
      if (step) {
        event.preventDefault();
        show(Number(step.dataset.slide));
      } else if (event.target.closest(".news")) {
        take();
      } else if (event.target.closest(".pace")) {
        pause();
      }
    });

    var resizing = null;
    window.addEventListener("resize", function () {
      fit();
      window.clearTimeout(resizing);
      resizing = window.setTimeout(again, 150);
    });

    fit();
    state.slide = Number(stage.firstElementChild.dataset.slide);
    slides[state.slide] = Promise.resolve(stage.firstElementChild);
    main.focus({ preventScroll: true });
    show(state.slide);
    // Who presses a key knows them; they lie over the foot.
    var keys = document.getElementById("present-keys");
    window.setTimeout(keys.remove.bind(keys), 8000);
    document.addEventListener("keydown", keys.remove.bind(keys), { once: true });
  }

  var main = document.getElementById("present");
  if (main) {
    present(main);
  } else {
    wayIn();
  }
})();
