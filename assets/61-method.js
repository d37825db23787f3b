// An address with an anchor is opened before its page is there: go to the place when it has come.
(function () {
  "use strict";

  var wanted = decodeURIComponent(window.location.hash.slice(1));
  if (!wanted) {
    return;
  }
  var watch = new MutationObserver(function () {
    var place = document.getElementById(wanted);
    if (place && place.closest(".entry, .data-block")) {
      watch.disconnect();
      place.scrollIntoView();
    }
  });
  watch.observe(document.documentElement, { subtree: true, childList: true });
  window.setTimeout(function () {
    watch.disconnect();
  }, 10000);
})();
