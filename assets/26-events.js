// The forms of the Events page: sent as JSON, each refusal beside its field. What was typed is never lost: not
// to a page drawn anew, not to a reload, and not to someone else's change, which is shown beside it.
(function () {
  "use strict";

  var AUTHOR = "events-by";
  var SPOKEN = {
    at: "date", zone: "zone", title: "title", what: "what happened", category: "category", severity: "severity",
    layers: "layers", symbols: "names", source_url: "link", claims: "figures"
  };

  function each(list, work) {
    Array.prototype.forEach.call(list, work);
  }

  function make(tag, kind, text) {
    var node = document.createElement(tag);
    node.className = kind || "";
    node.textContent = text || "";
    return node;
  }

  // Storage may be off, full or forbidden; then the form simply forgets.
  function keep(store, key, value) {
    try {
      if (value === null) {
        window[store].removeItem(key);
      } else {
        window[store].setItem(key, value);
      }
    } catch (error) {
      return;
    }
  }

  function kept(store, key) {
    try {
      return window[store].getItem(key);
    } catch (error) {
      return null;
    }
  }

  function draftKey(form) {
    return "events-draft:" + form.dataset.form;
  }

  // ---- reading a form, and writing into it

  function claim(set) {
    var found = {};
    each(set.querySelectorAll("[data-name]"), function (input) {
      var value = input.value.trim();
      // An empty date of a new figure is the event's own; of a stored one it says that there is none.
      if (value || (input.dataset.name === "date" && !set.hasAttribute("data-new"))) {
        found[input.dataset.name] = value;
      }
    });
    return found;
  }

  function read(form) {
    var found = {};
    each(form.querySelectorAll(".fields [name]"), function (input) {
      if (input.name === "layers") {
        found.layers = found.layers || [];
        if (input.checked) {
          found.layers.push(input.value);
        }
      } else if (input.name !== "by" && input.type !== "file") {
        found[input.name] = input.value;
      }
    });
    if (form.querySelector(".figures")) {
      found.claims = Array.prototype.map.call(form.querySelectorAll("fieldset.claim"), claim);
    }
    return found;
  }

  function write(form, name, value) {
    if (name === "layers") {
      each(form.querySelectorAll("[name=layers]"), function (box) {
        box.checked = value.indexOf(box.value) >= 0;
      });
    } else if (name === "claims") {
      each(form.querySelectorAll("fieldset.claim"), function (set) {
        set.remove();
      });
      value.forEach(function (item) {
        add(form, item);
      });
    } else if (form.elements[name]) {
      form.elements[name].value = value;
    }
  }

  function add(form, item) {
    var place = form.querySelector(".figures");
    var set = place.querySelector("template").content.firstElementChild.cloneNode(true);
    if (item && "date" in item) {
      set.removeAttribute("data-new");
    }
    each(set.querySelectorAll("[data-name]"), function (input) {
      if (item) {
        input.value = item[input.dataset.name] || "";
      }
    });
    place.insertBefore(set, place.querySelector("template"));
    number(form);
    return set;
  }

  function number(form) {
    each(form.querySelectorAll("fieldset.claim .number"), function (place, at) {
      place.textContent = at + 1;
    });
  }

  // An event as the server writes it, in the words of the form. Empty and missing parts of a figure are alike.
  function worded(event) {
    var found = {};
    Object.keys(SPOKEN).forEach(function (name) {
      var value = event[name];
      found[name] = value === null || value === undefined ? "" : value;
    });
    found.severity = String(event.severity);
    found.symbols = (event.symbols || []).join("; ");
    found.layers = event.layers || [];
    found.claims = (event.claims || []).map(function (item) {
      var own = { date: "" };
      Object.keys(item).forEach(function (name) {
        if (item[name] !== null && item[name] !== "") {
          own[name] = String(item[name]);
        }
      });
      return own;
    });
    return found;
  }

  function same(left, right) {
    return JSON.stringify(ordered(left)) === JSON.stringify(ordered(right));
  }

  function ordered(value) {
    if (Array.isArray(value)) {
      return value.map(ordered);
    }
    if (value && typeof value === "object") {
      return Object.keys(value)
        .sort()
        .map(function (name) {
          return [name, value[name]];
        });
    }
    return value;
  }

  // ---- a form that has come on the page

  function start(form) {
    form.dataset.base = JSON.stringify(read(form));
    number(form);
    if (form.elements.by) {
      form.elements.by.value = kept("localStorage", AUTHOR) || "";
    }
    restore(form);
    var first = form.querySelector("input:not([type=hidden]), textarea");
    if (first) {
      first.focus({ preventScroll: true });
      var top = form.getBoundingClientRect().top;
      if (top < 0 || top > window.innerHeight / 2) {
        form.scrollIntoView({ block: "start" });
      }
    }
  }

  function restore(form) {
    var draft = JSON.parse(kept("sessionStorage", draftKey(form)) || "null");
    if (!draft || same(draft.typed, JSON.parse(form.dataset.base))) {
      return;
    }
    form.dataset.base = JSON.stringify(draft.base);
    if (draft.version) {
      form.dataset.version = draft.version; // what was typed was typed over that version
    }
    Object.keys(draft.typed).forEach(function (name) {
      write(form, name, draft.typed[name]);
    });
    form.dataset.dirty = "true";
    var told = make("p", "note back", "What was typed before is back. ");
    var button = make("button", "word", "Start anew");
    button.type = "button";
    button.dataset.anew = "";
    told.appendChild(button);
    form.querySelector("h2").after(told);
  }

  function typed(form) {
    form.dataset.dirty = "true";
    if (!form.querySelector(".figures")) {
      return;
    }
    var draft = { typed: read(form), base: JSON.parse(form.dataset.base), version: form.dataset.version };
    keep("sessionStorage", draftKey(form), JSON.stringify(draft));
  }

  function leave(form) {
    form.removeAttribute("data-dirty");
    keep("sessionStorage", draftKey(form), null);
  }

  // ---- what came back

  function clear(form) {
    each(form.querySelectorAll(".problem"), function (place) {
      place.textContent = "";
    });
    each(form.querySelectorAll("[aria-invalid]"), function (input) {
      input.removeAttribute("aria-invalid");
    });
  }

  function refuse(form, problems) {
    problems.forEach(function (found) {
      var which = /^Claim (\d+)\b/.exec(found[1]);
      var set = which ? form.querySelectorAll("fieldset.claim")[which[1] - 1] : null;
      var place = set ? set.querySelector(".problem") : form.querySelector('[data-problem="' + found[0] + '"]');
      place = place || form.querySelector('[data-problem=""]');
      var told = set ? found[1].replace(/^Claim \d+[^:]*: t/, "T") : found[1]; // beside its figure the number is clear
      place.textContent = (place.textContent ? place.textContent + " " : "") + told;
      var input = form.elements[found[0]];
      if (input && input.setAttribute) {
        input.setAttribute("aria-invalid", "true");
      }
    });
    var first = form.querySelector("[aria-invalid]");
    var told = Array.prototype.find.call(form.querySelectorAll(".problem"), function (place) {
      return place.textContent;
    });
    if (first) {
      first.focus();
    } else if (told) {
      told.scrollIntoView({ block: "nearest" });
    }
  }

  // Someone else was quicker. What only they changed is taken over; what both changed stands side by side, and
  // what was typed stays until its writer says otherwise.
  function merge(form, theirs) {
    var base = JSON.parse(form.dataset.base);
    var seen = form.dataset.version;
    var stored = worded(theirs);
    var mine = read(form);
    var taken = [];
    var both = [];
    each(form.querySelectorAll(".theirs"), function (place) {
      place.remove();
    });
    Object.keys(SPOKEN).forEach(function (name) {
      if (!(name in mine) || same(stored[name], mine[name]) || same(stored[name], base[name])) {
        return;
      }
      if (same(mine[name], base[name])) {
        write(form, name, stored[name]);
        taken.push(SPOKEN[name]);
      } else {
        both.push(SPOKEN[name]);
        beside(form, name, stored[name], theirs);
      }
    });
    form.dataset.base = JSON.stringify(stored);
    form.dataset.version = theirs.version;
    var place = form.querySelector(".conflict");
    var parts = [
      "This event was changed by " + theirs.edited_by + " meanwhile: it is at version " + theirs.version +
        ", and what you typed began at version " + seen + "."
    ];
    if (taken.length) {
      parts.push("Taken over from it: " + taken.join(", ") + ".");
    }
    parts.push(
      both.length
        ? "Changed by both: " + both.join(", ") + "; what is stored stands under what you typed. Nothing is lost."
        : "Nothing that you typed is in its way."
    );
    parts.push("Save again to store what now stands here.");
    place.textContent = parts.join(" ");
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
    form.querySelector(".send").textContent = "Save over version " + theirs.version;
    typed(form);
  }

  function beside(form, name, value, theirs) {
    var place = form.querySelector('[data-field="' + name + '"]');
    var told = make("div", "theirs");
    told.appendChild(make("span", "faint", "Stored now, by " + theirs.edited_by + ": "));
    told.appendChild(make("bdi", "", shown(name, value)));
    var button = make("button", "word", "Take this");
    button.type = "button";
    button.addEventListener("click", function () {
      write(form, name, value);
      told.remove();
      typed(form);
    });
    told.appendChild(button);
    place.appendChild(told);
  }

  function shown(name, value) {
    if (name === "claims") {
      return value
        .map(function (item) {
          return [item.entity, item.text || item.value, item.unit, item.basis, item.source].join(" ");
        })
        .join("; ") || "none";
    }
    return (Array.isArray(value) ? value.join(", ") : value) || "empty";
  }

  // ---- sending

  function ask(form, body) {
    return fetch(form.dataset.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body)
    }).then(function (answer) {
      return answer.json().then(
        function (found) {
          return { ok: answer.ok, found: found };
        },
        function () {
          return { ok: false, found: { error: "The server answered " + answer.status + "; nothing was stored." } };
        }
      );
    });
  }

  function send(form) {
    var by = form.elements.by ? form.elements.by.value : "";
    var body = { by: by, id: form.dataset.id, version: Number(form.dataset.version) };
    if (form.elements.by) {
      keep("localStorage", AUTHOR, by || null);
    }
    clear(form);
    if (form.elements.file) {
      var file = form.elements.file.files[0];
      if (!file) {
        refuse(form, [["file", "Choose a file first."]]);
        return Promise.resolve();
      }
      return file.text().then(function (text) {
        return ask(form, { by: body.by, name: file.name, text: text }).then(function (answer) {
          imported(form, answer);
        });
      });
    }
    if (form.querySelector(".figures")) {
      body.event = read(form);
    }
    return ask(form, body).then(function (answer) {
      settled(form, answer);
    });
  }

  function settled(form, answer) {
    var found = answer.found;
    if (answer.ok) {
      leave(form);
      var query = new URLSearchParams(window.location.search);
      query.delete("form");
      query.set("event", found.id);
      window.aftershock.toast("Stored as version " + found.version + ".");
      window.aftershock.go("?" + query.toString());
      window.aftershock.look();
    } else if (found.theirs && form.querySelector(".figures")) {
      merge(form, found.theirs);
    } else {
      if (found.theirs) {
        form.dataset.version = found.theirs.version;
      }
      refuse(form, found.problems || [["", found.error]]);
    }
  }

  function imported(form, answer) {
    var found = answer.found;
    if (!answer.ok) {
      refuse(form, found.problems || [["", found.error]]);
      return;
    }
    var place = form.querySelector(".conflict");
    place.replaceChildren(make("p", "", found.sentence));
    if (found.refused.length) {
      var list = make("ol", "refused");
      found.refused.forEach(function (line) {
        list.appendChild(make("li", "", line));
      });
      place.appendChild(list);
    }
    place.hidden = false;
    form.removeAttribute("data-dirty");
    form.dataset.told = "true";
    window.aftershock.look();
  }

  document.addEventListener("submit", function (event) {
    var form = event.target.closest("form[data-form]");
    if (!form) {
      return;
    }
    event.preventDefault();
    var button = form.querySelector(".send");
    if (button.getAttribute("aria-busy")) {
      return;
    }
    button.setAttribute("aria-busy", "true");
    send(form)
      .catch(function () {
        refuse(form, [["", "The server does not answer; what you typed stays here, send it again when it does."]]);
      })
      .finally(function () {
        button.removeAttribute("aria-busy");
      });
  });

  ["input", "change"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var form = event.target.closest("form[data-form]");
      if (form && event.target.name !== "by") {
        typed(form);
      }
    });
  });

  document.addEventListener("click", function (event) {
    var form = event.target.closest("form[data-form]");
    if (!form) {
      return;
    }
    if (event.target.closest("[data-cancel]")) {
      leave(form);
    } else if (event.target.closest("[data-more]")) {
      add(form).querySelector("input").focus();
      typed(form);
    } else if (event.target.closest("[data-less]")) {
      event.target.closest("fieldset.claim").remove();
      number(form);
      typed(form);
    } else if (event.target.closest("[data-anew]")) {
      leave(form);
      window.location.reload();
    }
  }, true);

  // ---- a form or an event that has come on the page

  var opened = null;

  function arrived() {
    each(document.querySelectorAll("form[data-form]:not([data-base])"), start);
    var title = document.getElementById("event-title");
    var event = new URLSearchParams(window.location.search).get("event");
    if (title && event && event !== opened) {
      var row = document.querySelector("#events-list tr.chosen");
      var list = document.getElementById("events-list");
      if (row && (row.offsetTop < list.scrollTop || row.offsetTop > list.scrollTop + list.clientHeight - 40)) {
        list.scrollTop = row.offsetTop - list.clientHeight / 2;
      }
      if (title.getBoundingClientRect().top < 0) {
        title.scrollIntoView({ block: "nearest" });
      }
    }
    opened = title ? event : null;
  }

  new MutationObserver(arrived).observe(document.documentElement, { subtree: true, childList: true });
})();
