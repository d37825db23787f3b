// What a reader holds while a part of the page is replaced under the hand: open menus, the focus, what is half
// typed, and a press that has begun. It happens when Dash takes over the page that the server wrote, and when an
// answer that took its time arrives.
(function () {
  "use strict";

  var FOCUSABLE = "a, button, input, summary";
  var PRESSED = "a[href], button, summary, label, input";
  var KEPT_FOR = 10000; // between the page that goes and the one that comes, in milliseconds
  var gone = {};
  var focused = null;
  var pressed = null;

  function inside(block, node) {
    return node && block.contains(node) ? Array.prototype.indexOf.call(block.querySelectorAll(FOCUSABLE), node) : -1;
  }

  function caret(node) {
    return node && typeof node.selectionStart === "number" ? node.selectionStart : null;
  }

  function state(block) {
    var typed = {};
    block.querySelectorAll(".menu input[id]").forEach(function (field) {
      if (field.value !== field.defaultValue) {
        typed[field.id] = [field.defaultValue, field.value];
      }
    });
    return {
      open: Array.prototype.map.call(block.querySelectorAll("details"), function (menu) {
        return menu.open;
      }),
      focus: inside(block, document.activeElement),
      caret: caret(document.activeElement),
      typed: typed,
    };
  }

  // Of a block that is about to be filled anew: its own, or that of the block whose place it takes.
  function take(block) {
    if (block.firstElementChild || !block.id) {
      return state(block);
    }
    var kept = gone[block.id];
    delete gone[block.id];
    var fresh = kept && kept.path === window.location.pathname && performance.now() - kept.at < KEPT_FOR;
    return fresh ? kept.state : state(block);
  }

  function give(block, held) {
    block.querySelectorAll("details").forEach(function (menu, at) {
      menu.open = Boolean(held.open[at]);
    });
    Object.keys(held.typed).forEach(function (id) {
      var field = document.getElementById(id);
      if (field && block.contains(field) && field.defaultValue === held.typed[id][0]) {
        field.value = held.typed[id][1];
      }
    });
    var next = held.focus >= 0 ? block.querySelectorAll(FOCUSABLE)[held.focus] : null;
    if (next) {
      next.focus({ preventScroll: true });
      if (held.caret !== null && caret(next) !== null) {
        next.setSelectionRange(held.caret, held.caret);
      }
    }
  }

  function remember(id, held) {
    gone[id] = { path: window.location.pathname, at: performance.now(), state: held };
  }

  // The blocks of the page that the server wrote are known by their ids alone.
  function left(node) {
    var touched = Array.prototype.slice.call(node.querySelectorAll("details[open], .menu input[id]"));
    // What left the document has lost its focus by now.
    var lost = focused && document.activeElement === document.body && node.contains(focused) ? focused : null;
    var around = new Set();
    touched.concat(lost ? [lost] : []).forEach(function (held) {
      for (var block = held.parentElement; block; block = block.parentElement) {
        around.add(block);
      }
    });
    around.forEach(function (block) {
      if (block.id) {
        remember(block.id, Object.assign(state(block), { focus: inside(block, lost), caret: caret(lost) }));
      }
    });
    node.querySelectorAll("details[open][id]").forEach(function (menu) {
      remember(menu.id, null);
    });
  }

  function came(node) {
    node.querySelectorAll("details[id]:not([open])").forEach(function (menu) {
      var kept = gone[menu.id];
      delete gone[menu.id];
      menu.open = Boolean(kept && performance.now() - kept.at < KEPT_FOR);
    });
  }

  function ours(node) {
    return node.nodeType === 1 && node.namespaceURI === document.documentElement.namespaceURI;
  }

  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (ours(change.target) && !change.target.closest("[data-html], [data-canvas]")) {
        Array.prototype.filter.call(change.removedNodes, ours).forEach(left);
        Array.prototype.filter.call(change.addedNodes, ours).forEach(came);
      }
    });
  }).observe(document.documentElement, { subtree: true, childList: true });

  document.addEventListener("focusin", function (event) {
    focused = event.target;
  });

  // A press ends on what stands where it began. When that was replaced meanwhile by its like, no browser makes a
  // click of it.
  document.addEventListener(
    "mousedown",
    function (event) {
      var node = event.button === 0 && event.target.closest ? event.target.closest(PRESSED) : null;
      focused = focused && focused.contains(event.target) ? focused : null;
      pressed = node ? { node: node, mark: mark(node) } : null;
    },
    true
  );

  function mark(node) {
    return [node.tagName, node.id, node.textContent].join("|"); // an address may have changed with the answer
  }

  document.addEventListener(
    "mouseup",
    function (event) {
      var held = pressed;
      pressed = null;
      if (event.button !== 0 || !held || held.node.isConnected) {
        return;
      }
      var here = document.elementFromPoint(event.clientX, event.clientY);
      var next = here ? here.closest(PRESSED) : null;
      if (next && mark(next) === held.mark) {
        next.click();
      }
    },
    true
  );

  window.aftershockHeld = { take: take, give: give };
})();
