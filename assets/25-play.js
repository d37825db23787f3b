// Walking through the news days: the arrow keys, Space, and Play, which takes one step after another.
(function () {
  "use strict";

  var PACE = 1400;
  var timer = null;

  function press(selector) {
    var link = document.querySelector(selector);
    if (link) {
      link.click();
    }
    return Boolean(link);
  }

  function stop() {
    window.clearTimeout(timer);
    timer = null;
    delete document.documentElement.dataset.playing;
  }

  function step() {
    var button = document.getElementById("relay-play");
    var over = !button || button.dataset.day >= button.dataset.last;
    if (over || document.querySelector("details.control[open]") || !press(".step.next")) {
      stop();
    } else {
      timer = window.setTimeout(step, PACE);
    }
  }

  function toggle(button) {
    if (timer) {
      stop();
      return;
    }
    document.documentElement.dataset.playing = "true";
    if (button.dataset.day >= button.dataset.last) {
      window.aftershock.go(button.dataset.first); // from the beginning again
      timer = window.setTimeout(step, PACE);
    } else {
      step();
    }
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("#relay-play");
    if (button) {
      toggle(button);
    } else if (event.isTrusted) {
      stop(); // who takes hold of the page wants it to stand still
    }
  });

  document.addEventListener("keydown", function (event) {
    var busy = event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, details, button, .chart-data");
    var button = document.getElementById("relay-play");
    if (busy || !button) {
      return;
    }
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      stop();
      press(event.key === "ArrowLeft" ? ".step.prev" : ".step.next");
    } else if (event.key === " ") {
      event.preventDefault();
      toggle(button);
    }
  });
})();
