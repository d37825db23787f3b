// The link to the server. While nobody answers, the page says so, dims, and takes no input: what it shows is
// what was true then. When somebody answers again, everything on the page is asked for anew, for a question
// that was lost on the way is never asked again by itself.
(function () {
  "use strict";

  var PATIENCE = 4000; // with a pulse every five seconds, silence is told within ten
  var PARTS = [".top", "#page", ".strip"];
  var root = document.documentElement;
  var heard = new Date();
  var lost = false;
  var resyncs = 0;
  var held = null;

  // A server that hangs answers nothing, not even an error.
  function ask(address) {
    var call = new AbortController();
    var timer = window.setTimeout(function () {
      call.abort();
    }, PATIENCE);
    return window.fetch(address, { cache: "no-store", signal: call.signal }).finally(function () {
      window.clearTimeout(timer);
    });
  }

  function say(text, link, address) {
    var place = document.getElementById("shell-link");
    if (!place || place.dataset.said === text + (address || "")) {
      return;
    }
    place.dataset.said = text + (address || "");
    place.textContent = text;
    if (link) {
      var go = document.createElement("a");
      go.href = address;
      go.textContent = link;
      place.append(" ", go);
    }
  }

  function hold(parts) {
    PARTS.forEach(function (part) {
      document.querySelectorAll(part).forEach(function (place) {
        place.toggleAttribute("inert", parts);
      });
    });
  }

  function clock(moment) {
    return ("0" + moment.getHours()).slice(-2) + ":" + ("0" + moment.getMinutes()).slice(-2);
  }

  function away() {
    if (!root.dataset.away) {
      held = document.activeElement;
      root.dataset.away = "true";
      window.aftershockCharts.drop();
    }
    hold(true); // parts that came since, too
    say("Offline since " + clock(heard) + ": the page shows what it had then, and takes no input until the server answers.");
  }

  function ended() {
    away();
    var here = window.location.pathname + window.location.search;
    say("You are logged out.", "Log in again", "/login?next=" + encodeURIComponent(here));
  }

  // The server answered. Gives what the page must be asked for again, or null.
  function back(pulse) {
    var again = root.dataset.away || lost;
    heard = new Date();
    lost = false;
    delete root.dataset.away;
    hold(false);
    if (held && held.isConnected && document.activeElement === document.body) {
      held.focus({ preventScroll: true });
    }
    held = null;
    var own = document.querySelector("meta[name=build]");
    if (own && pulse.build && pulse.build !== own.content) {
      say("A new version of Aftershock is running.", "Reload this page", window.location.href);
    } else {
      say("");
    }
    if (!again) {
      return null;
    }
    if (root.hasAttribute("data-present")) {
      return null; // slides stand still on purpose
    }
    if (!window.dash_clientside.set_props) {
      window.location.reload(); // Dash itself did not arrive
    }
    resyncs += 1;
    return { resync: resyncs };
  }

  function suspect() {
    lost = true;
    window.clearTimeout(suspect.timer);
    suspect.timer = window.setTimeout(window.aftershock.look, 200);
  }

  function told(answer) {
    if (answer.status === 401) {
      ended();
      return;
    }
    if (answer.status > 501) {
      suspect();
    }
    answer
      .clone()
      .json()
      .then(
        function (body) {
          window.aftershock.toast(body.error || "The server could not answer this.");
        },
        function () {
          window.aftershock.toast("The server could not answer this.");
        }
      );
  }

  // Dash writes a callback that failed to the console alone; the reader is told here.
  var plain = window.fetch;
  window.fetch = function (resource) {
    var answer = plain.apply(window, arguments);
    if (String((resource && resource.url) || resource).indexOf("/_dash-update-component") < 0) {
      return answer;
    }
    return answer.then(
      function (found) {
        if (!found.ok) {
          told(found);
        }
        return found;
      },
      function (error) {
        suspect();
        throw error;
      }
    );
  };

  // While the database is away nothing can be stored; what is typed stands until it is back.
  document.addEventListener("aftershock:pulse", function (event) {
    root.toggleAttribute("data-unstored", Boolean(event.detail.problem));
  });
  document.addEventListener(
    "submit",
    function (event) {
      if (root.hasAttribute("data-unstored") && event.target.matches("form[data-form]")) {
        event.preventDefault();
        event.stopImmediatePropagation();
        window.aftershock.toast("The database is away and nothing can be stored; what you typed stays here until it is back.");
      }
    },
    true
  );

  // A laptop that was opened, a network that came or went: look at once.
  ["online", "offline", "focus", "pageshow"].forEach(function (kind) {
    window.addEventListener(kind, function () {
      window.aftershock.look();
    });
  });
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) {
      window.aftershock.look();
    }
  });

  window.aftershockLink = { ask: ask, away: away, ended: ended, back: back, suspect: suspect };
})();
