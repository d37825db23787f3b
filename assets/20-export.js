// Pictures and data on their way out. A picture is drawn here, in the browser, from the same figure functions
// as the page: light, 1600 by 900 at twice that, with its font inside.
(function () {
  "use strict";

  var DOTS_PER_METRE = 18898; // 480 dots per inch: 3200 dots across 6.67 inches, the width of a memo's text
  var font = null;

  function fontFace() {
    if (!font) {
      font = fetch(document.querySelector("link[as=font]").href)
        .then(function (answer) {
          return answer.blob();
        })
        .then(function (blob) {
          return new Promise(function (resolve) {
            var reader = new FileReader();
            reader.onload = function () {
              resolve(reader.result);
            };
            reader.readAsDataURL(blob);
          });
        })
        .then(function (data) {
          return "@font-face{font-family:Inter;font-weight:100 900;src:url(" + data + ") format('woff2')}";
        });
    }
    return font;
  }

  function memo(chart) {
    return fetch("/chart/" + chart + ".json" + window.location.search, { cache: "no-store" }).then(function (answer) {
      return answer.json().then(function (body) {
        return answer.ok ? body : Promise.reject(new Error(body.error));
      });
    });
  }

  // Plotly draws the figure off screen; an SVG taken as a picture sees no font of the page, so it carries its own.
  function svg(body) {
    var place = document.createElement("div");
    place.style.cssText = "position:fixed;left:-10000px;top:0;width:" + body.width + "px;height:" + body.height + "px";
    document.body.appendChild(place);
    return window.Plotly.newPlot(place, body.figure.data, body.figure.layout, { staticPlot: true })
      .then(function () {
        return window.Plotly.toImage(place, { format: "svg", width: body.width, height: body.height });
      })
      .then(function (address) {
        return decodeURIComponent(address.slice(address.indexOf(",") + 1));
      })
      .finally(function () {
        window.Plotly.purge(place);
        place.remove();
      });
  }

  function picture(body) {
    return Promise.all([svg(body), fontFace()]).then(function (parts) {
      var text = parts[0].replace(/(<svg[^>]*>)/, "$1<style>" + parts[1] + "</style>");
      var address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
      return drawn(address, body).finally(function () {
        URL.revokeObjectURL(address);
      });
    });
  }

  function drawn(address, body) {
    var image = new Image();
    image.src = address;
    return image.decode().then(function () {
      var canvas = document.createElement("canvas");
      canvas.width = body.width * body.scale;
      canvas.height = body.height * body.scale;
      var pen = canvas.getContext("2d");
      pen.fillStyle = body.figure.layout.paper_bgcolor;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise(function (resolve) {
        canvas.toBlob(resolve, "image/png");
      });
    });
  }

  // A PNG says how large it prints in a pHYs chunk; canvas writes none.
  function sized(blob) {
    return blob.arrayBuffer().then(function (buffer) {
      var chunk = new DataView(new ArrayBuffer(21));
      chunk.setUint32(0, 9);
      chunk.setUint32(4, 0x70485973);
      chunk.setUint32(8, DOTS_PER_METRE);
      chunk.setUint32(12, DOTS_PER_METRE);
      chunk.setUint8(16, 1);
      chunk.setUint32(17, checksum(new Uint8Array(chunk.buffer, 4, 13)));
      return new Blob([buffer.slice(0, 33), chunk.buffer, buffer.slice(33)], { type: "image/png" });
    });
  }

  function checksum(bytes) {
    var sum = 0xffffffff;
    for (var at = 0; at < bytes.length; at += 1) {
      sum ^= bytes[at];
      for (var bit = 0; bit < 8; bit += 1) {
        sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
      }
    }
    return (sum ^ 0xffffffff) >>> 0;
  }

  function save(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(function () {
      URL.revokeObjectURL(link.href);
    }, 30000);
  }

  function png(chart) {
    return memo(chart).then(function (body) {
      return picture(body)
        .then(sized)
        .then(function (blob) {
          save(blob, body.name + ".png");
          window.aftershock.toast("Saved " + body.name + ".png");
        });
    });
  }

  function copy(chart) {
    if (!window.ClipboardItem || !navigator.clipboard) {
      return Promise.reject(new Error("This browser cannot copy pictures here; use PNG."));
    }
    // The promise goes into the item: browsers allow copying only within the click itself.
    var blob = memo(chart).then(picture).then(sized);
    return navigator.clipboard.write([new window.ClipboardItem({ "image/png": blob })]).then(function () {
      window.aftershock.toast("Picture copied.");
    });
  }

  function data(chart) {
    return fetch("/chart/" + chart + ".csv" + window.location.search, { cache: "no-store" }).then(function (answer) {
      if (!answer.ok) {
        return answer.json().then(function (body) {
          throw new Error(body.error);
        });
      }
      var named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
      return answer.text().then(function (text) {
        return { name: named ? named[1] : chart + ".csv", text: text };
      });
    });
  }

  function csv(chart) {
    return data(chart).then(function (file) {
      save(new Blob(["\ufeff" + file.text], { type: "text/csv" }), file.name);
      window.aftershock.toast("Saved " + file.name);
    });
  }

  function cells(line) {
    var found = [];
    line.replace(/("([^"]|"")*"|[^,]*)(,|$)/g, function (whole, cell, inner, end, at) {
      if (at < line.length || line.slice(-1) === ",") {
        found.push(cell.charAt(0) === '"' ? cell.slice(1, -1).replace(/""/g, '"') : cell);
      }
      return whole;
    });
    return found;
  }

  function percentText(cell, column) {
    if (column === 0 || cell === "") {
      return cell || "n/a";
    }
    var text = Math.abs(Number(cell) * 100).toFixed(1);
    return Number(text) === 0 ? text : (Number(cell) > 0 ? "+" : "\u2212") + text;
  }

  function row(values, kind) {
    var line = document.createElement("tr");
    values.forEach(function (value, column) {
      var cell = document.createElement(column === 0 || kind === "th" ? "th" : "td");
      cell.textContent = kind === "th" ? value : percentText(value, column);
      cell.scope = kind === "th" ? "col" : "row";
      line.appendChild(cell);
    });
    return line;
  }

  // The newest rows are what a reader compares; the file holds them all.
  function table(chart, button) {
    var place = document.getElementById(chart + "-data");
    if (!place.hidden) {
      place.hidden = true;
      button.setAttribute("aria-expanded", "false");
      return Promise.resolve();
    }
    return data(chart).then(function (file) {
      var lines = file.text.replace(/^\ufeff/, "").trim().split(/\r?\n/);
      var heads = cells(lines[0]);
      var shown = lines.slice(1).slice(-250).reverse();
      var grid = document.createElement("table");
      var caption = grid.createCaption();
      caption.textContent = "%, newest first, " + shown.length + " of " + (lines.length - 1) + " rows; CSV holds all.";
      grid.createTHead().appendChild(row(heads, "th"));
      var body = grid.createTBody();
      shown.forEach(function (line) {
        body.appendChild(row(cells(line), "td"));
      });
      place.replaceChildren(grid);
      place.hidden = false;
      button.setAttribute("aria-expanded", "true");
    });
  }

  var ACTIONS = { png: png, copy: copy, csv: csv, table: table };

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-action]");
    if (!button || !ACTIONS[button.dataset.action] || button.disabled) {
      return;
    }
    button.setAttribute("aria-busy", "true");
    ACTIONS[button.dataset.action](button.dataset.chart, button)
      .catch(function (error) {
        var lost = error instanceof TypeError && document.documentElement.dataset.away;
        window.aftershock.toast(lost ? "The server does not answer; try again when it does." : error.message || String(error));
      })
      .finally(function () {
        button.removeAttribute("aria-busy");
      });
  });
})();
