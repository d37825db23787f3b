// When the reader's meeting is: what was chosen is kept, in the address and in the browser, and goes to the
// server with the browser's own zone; the line "since your last meeting" follows.
(function () {
  "use strict";

  function kept() {
    try {
      return (window.localStorage.getItem("meeting") || "@").split("@");
    } catch (error) {
      return ["", ""]; // without storage the address alone knows
    }
  }

  function own() {
    try {
      return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    } catch (error) {
      return "";
    }
  }

  // Time and zone that were chosen, and the zone of the clock: 08:30@Europe/London@Asia/Tokyo.
  window.aftershockMeeting = function (search) {
    var query = new URLSearchParams(search || window.location.search);
    var held = kept();
    var at = query.get("meet") || held[0] || "";
    var zone = query.get("zone") || held[1] || "";
    if (at !== held[0] || zone !== held[1]) {
      try {
        window.localStorage.setItem("meeting", at + "@" + zone);
      } catch (error) {
        // it lasts as long as the address
      }
    }
    var text = at + "@" + zone + "@" + own();
    document.cookie = "meeting=" + text + ";path=/;max-age=31536000;SameSite=Strict";
    return text;
  };
})();
