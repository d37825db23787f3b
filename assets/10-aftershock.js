// The browser's half: what is asked for, the pulse of the data, theme, menus and the pointer's reading.
(function () {
  "use strict";

  var PULSE_SECONDS = 5;
  var SOON_SECONDS = 1; // who looks at an empty page waits for the first price, or for the server
  var PAGE = document.documentElement.namespaceURI;

  function theme() {
    return document.documentElement.dataset.theme === "light" ? "light" : "dark";
  }

  function width() {
    return window.innerWidth;
  }

  function remember() {
    document.cookie = "view=" + width() + "-" + theme() + ";path=/;SameSite=Strict";
  }

  function same(left, right) {
    return JSON.stringify(left) === JSON.stringify(right);
  }

  // The store that every page callback listens to. The first paint came with the document; it is asked for
  // again only when the server had to guess the address, the width or the theme.
  function request(pathname, search, pulse, current, route) {
    var none = window.dash_clientside.no_update;
    var path = pathname === "/" ? route : (pathname || "/").replace(/\/+$/, "");
    var wanted = { path: path, search: search || "", width: width(), theme: theme() };
    var drawn = { path: current.path, search: current.search, width: current.width, theme: current.theme };
    if (path === "/brief" && window.aftershockMeeting) {
      wanted.meeting = window.aftershockMeeting(wanted.search);
      drawn.meeting = current.meeting || "";
    }
    if (pulse && pulse.version) {
      wanted.version = pulse.version;
      drawn.version = current.version || pulse.first;
    }
    if (pulse && pulse.resync) {
      wanted.resync = pulse.resync; // the server was away: whatever was asked meanwhile is asked again
      drawn.resync = current.resync;
    }
    markTabs(path);
    charts(wanted.search);
    var whole = path !== route || drawn.resync !== wanted.resync;
    return [same(drawn, wanted) ? none : wanted, whole ? path : none];
  }

  // Charts are fetched for an address that names the data only once the data have changed under the page.
  function charts(search, ahead) {
    var pulse = window.aftershock.pulse;
    var version = pulse && pulse.version !== pulse.first ? pulse.version : null;
    var wanted = { search: search, width: width(), theme: theme(), version: version };
    if (ahead && document.documentElement.dataset.away) {
      return Promise.resolve(); // nobody would answer
    }
    return ahead ? window.aftershockCharts.ask(wanted) : window.aftershockCharts.draw(wanted);
  }

  function markTabs(path) {
    document.querySelectorAll(".nav-tab").forEach(function (tab) {
      var own = tab.getAttribute("href");
      var here = path === own || path.indexOf(own + "/") === 0;
      tab.classList.toggle("current", here);
      if (here) {
        tab.setAttribute("aria-current", "page");
      } else {
        tab.removeAttribute("aria-current");
      }
    });
  }

  // A change of width or theme, or new data, asks for the page again through the pulse's store.
  function again(pulse) {
    remember();
    var data = Object.assign({}, window.aftershock.pulse, pulse, { width: width(), theme: theme() });
    window.aftershock.pulse = data;
    if (window.dash_clientside.set_props) {
      window.dash_clientside.set_props("pulse", { data: data });
    } else {
      charts(window.location.search); // Dash is still on its way; it finds the rest out for itself
    }
  }

  function look() {
    return window.aftershockLink
      .ask("/pulse")
      .then(function (answer) {
        return answer.ok ? answer.json() : Promise.reject(answer.status);
      })
      .then(function (pulse) {
        var lost = window.aftershockLink.back(pulse);
        progress(pulse.run);
        document.dispatchEvent(new CustomEvent("aftershock:pulse", { detail: pulse }));
        var known = window.aftershock.pulse;
        if (lost) {
          pulse.first = known ? known.first : pulse.version;
          again(Object.assign(pulse, lost));
        } else if (!known) {
          pulse.first = pulse.version;
          window.aftershock.pulse = pulse;
          if (document.querySelector("[data-empty]") && pulse.version) {
            window.location.reload();
          }
        } else if (pulse.version !== known.version) {
          if (document.querySelector("[data-empty]")) {
            window.location.reload();
          } else {
            again(pulse);
          }
        } else if (pulse.minute !== known.minute || pulse.problem !== known.problem || !same(pulse.told, known.told) || !document.querySelector(".chip")) {
          again(pulse);
        }
      })
      .catch(function (failure) {
        // The next beat tries again; what is on the page stays.
        window.aftershockLink[failure === 401 ? "ended" : "away"]();
      });
  }

  function beat() {
    look().finally(function () {
      var empty = document.querySelector("[data-empty]");
      var soon = empty || document.documentElement.dataset.away;
      window.setTimeout(beat, 1000 * (soon ? SOON_SECONDS : PULSE_SECONDS));
    });
  }

  function say(id, text) {
    var place = document.getElementById(id);
    if (place && place.textContent !== text) {
      place.textContent = text;
    }
  }

  // In the top bar while a run is under way, and large on a page that is still empty.
  function progress(run) {
    var running = run && run.status === "running";
    var text = running ? run.done + " of " + run.total + " names done, " + run.late + " late, " + run.refused + " refused" : "";
    say("shell-run", running ? "Prices: " + text : "");
    var place = document.getElementById("shell-progress");
    if (place && running) {
      say("shell-progress", "First prices: " + text + ".");
      place.style.setProperty("--done", (100 * run.done) / Math.max(run.total, 1) + "%");
    }
  }

  function toast(text) {
    var place = document.getElementById("shell-toast");
    if (place) {
      place.textContent = text;
      window.clearTimeout(toast.timer);
      toast.timer = window.setTimeout(function () {
        place.textContent = "";
      }, 6000);
    }
  }

  function switchTheme() {
    var next = theme() === "light" ? "dark" : "light";
    document.documentElement.dataset.theme = next;
    try {
      window.localStorage.setItem("theme", next);
    } catch (error) {
      // Without storage the choice lasts for this page.
    }
    again({});
  }

  function shareView() {
    var address = window.location.href;
    if (navigator.clipboard) {
      navigator.clipboard.writeText(address).then(
        function () {
          toast("Address copied.");
        },
        function () {
          toast("The browser did not allow copying; the address is in its address bar.");
        }
      );
    } else {
      toast("This browser cannot copy here; the address is in its address bar.");
    }
  }

  // Blocks of HTML from the server (data-html) are put in place whole. What the reader had open or focused
  // stays so: a name toggled in a menu must not close it.
  function fill(block) {
    var typed = block.querySelector("form[data-dirty]");
    if (typed && block.dataset.html.indexOf('data-form="' + typed.dataset.form + '"') >= 0) {
      return; // someone is typing in it: the server hears of that when it is sent
    }
    var held = window.aftershockHeld.take(block);
    block.innerHTML = block.dataset.html;
    window.aftershockHeld.give(block, held);
  }

  document.addEventListener("input", function (event) {
    var form = event.target.closest && event.target.closest("form.settle");
    if (form) {
      form.dataset.dirty = "";
    }
  });

  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.target.namespaceURI !== PAGE) {
        return; // a chart drawing itself
      }
      if (change.type === "attributes") {
        fill(change.target);
        return;
      }
      change.addedNodes.forEach(function (node) {
        if (node.nodeType === 1 && node.namespaceURI === PAGE && !node.closest("[data-canvas]")) {
          if (node.matches("[data-html]")) {
            fill(node);
          }
          node.querySelectorAll("[data-html]").forEach(fill);
          if (node.matches("[data-plot]") || node.querySelector("[data-plot]")) {
            charts(window.location.search);
          }
        }
      });
    });
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-html"] });

  function closeMenus(except) {
    document.querySelectorAll("details.control[open]").forEach(function (menu) {
      if (menu !== except) {
        menu.removeAttribute("open");
      }
    });
  }

  document.addEventListener("click", function (event) {
    var target = event.target;
    var link = target.closest("a[data-go]");
    if (link && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      go(link.getAttribute("href"), !link.closest(".menu.wide"));
    }
    closeMenus(target.closest("details.control"));
    if (target.closest("#shell-theme")) {
      switchTheme();
    }
    if (target.closest("#shell-share")) {
      shareView();
    }
  });

  document.addEventListener("keydown", function (event) {
    var menu = event.target.closest ? event.target.closest("details.control[open]") : null;
    if (event.key === "Escape" && menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    }
    if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      var items = Array.prototype.slice.call(menu.querySelectorAll("a.choice, input"));
      var at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      if (items.length) {
        items[(at + items.length) % items.length].focus();
        event.preventDefault();
      }
    }
  });

  // A date typed into a menu goes to the address, as every other choice does.
  document.addEventListener("change", function (event) {
    var field = event.target;
    var named = /^[a-z]+-([a-z]+)-date$/.exec(field.id);
    // A field that is replaced while someone types says so too: that is no choice.
    window.setTimeout(function () {
      if (named && field.isConnected) {
        var query = new URLSearchParams(window.location.search);
        query.set(named[1], field.value.trim());
        go("?" + query.toString(), true);
      }
    }, 0);
  });

  function afterPaint() {
    return new Promise(function (resolve) {
      window.requestAnimationFrame(function () {
        window.setTimeout(resolve, 0);
      });
    });
  }

  function go(address, close) {
    if (document.documentElement.dataset.away) {
      toast("The server does not answer; the page stays as it is until it does.");
      closeMenus(null);
      return;
    }
    window.history.pushState({}, "", address === "?" ? window.location.pathname : address);
    // The lines first, then the rest of the page: drawn at once they would hold each other up.
    var drawn = address.charAt(0) === "?" ? charts(address === "?" ? "" : address) : Promise.resolve();
    drawn.then(afterPaint).then(function () {
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    });
    if (close) {
      closeMenus(null);
    }
  }

  // An open menu has the next choices: their figures are asked for now.
  document.addEventListener(
    "toggle",
    function (event) {
      if (event.target.open && event.target.matches("details.control")) {
        event.target.querySelectorAll(".menu:not(.wide) a.choice[data-go]:not(.chosen)").forEach(function (link) {
          var address = link.getAttribute("href");
          charts(address === "?" ? "" : address, true);
        });
      }
    },
    true
  );

  // So is one under the pointer, or focused.
  ["pointerover", "focusin"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var link = event.target.closest ? event.target.closest("a.choice[data-go]") : null;
      var address = link ? link.getAttribute("href") : "";
      if (address.charAt(0) === "?") {
        charts(address === "?" ? "" : address, true);
      }
    });
  });

  var resizing = null;
  window.addEventListener("resize", function () {
    window.clearTimeout(resizing);
    resizing = window.setTimeout(function () {
      again({});
    }, 150);
  });

  window.aftershock = { toast: toast, go: go, look: look, pulse: null };
  window.dash_clientside = Object.assign({}, window.dash_clientside, { aftershock: { request: request } });
  window.setTimeout(beat, 1500);
})();
