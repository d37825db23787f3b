// A memo figure as a picture: light, sharp, with its font inside and its dots an inch written into it. The page uses
// it, and so does the browser that the command line starts.
(function () {
  "use strict";

  var DOTS_PER_METRE = 11811; // 300 dots an inch
  var FAILED = "This browser could not draw the picture; close other tabs and try again, or take the data as CSV.";
  var font = null;

  function fontFace() {
    if (!font) {
      var named = window.aftershockFont || document.querySelector("link[as=font]").href;
      font = (named.indexOf("data:") === 0 ? Promise.resolve(named) : fetched(named)).then(function (data) {
        return "@font-face{font-family:Inter;font-weight:100 900;src:url(" + data + ") format('woff2')}";
      });
      font.catch(function () {
        font = null; // the next picture asks again
      });
    }
    return font;
  }

  function fetched(address) {
    return fetch(address)
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
      });
  }

  // Plotly's own drawing as SVG. Taken as a picture it sees no font of the page, so it carries its own.
  function svg(body, scale) {
    var draw = window.aftershockToImage || window.Plotly.toImage;
    var figure = { data: body.figure.data, layout: body.figure.layout, config: { staticPlot: true } };
    return Promise.all([
      draw(figure, { format: "svg", width: body.width, height: body.height, scale: scale || 1 }),
      fontFace(),
    ]).then(function (parts) {
      var text = decodeURIComponent(parts[0].slice(parts[0].indexOf(",") + 1));
      return text.replace(/(<svg[^>]*>)/, function (head) {
        return head + "<style>" + parts[1] + "</style>";
      });
    });
  }

  function draw(body) {
    return svg(body).then(function (text) {
      var address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
      return drawn(address, body).finally(function () {
        URL.revokeObjectURL(address);
      });
    });
  }

  function png(body) {
    return draw(body).then(sized);
  }

  function drawn(address, body) {
    var image = new Image();
    image.src = address;
    var ready = image.decode().catch(function () {
      throw new Error(FAILED);
    });
    return ready.then(function () {
      var canvas = document.createElement("canvas");
      canvas.width = body.width * body.scale;
      canvas.height = body.height * body.scale;
      var pen = canvas.getContext("2d", { alpha: false }); // a third less to code, and to hold
      pen.fillStyle = body.figure.layout.paper_bgcolor;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise(function (resolve, reject) {
        canvas.toBlob(function (blob) {
          if (blob) {
            resolve(blob);
          } else {
            reject(new Error(FAILED));
          }
        }, "image/png");
      });
    });
  }

  // A PNG says how large it prints in a pHYs chunk, which stands before its data; canvas writes none.
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

  window.aftershockPictures = { svg: svg, draw: draw, png: png };
})();
