// For the browser that the command line starts, and no page: what kaleido asks of Plotly is drawn by 18-pictures.js.
(function () {
  "use strict";

  // Beside figures our face has other forms of minus and colon, which a PDF cannot name: copied, −3.4 would be 3.4.
  var PLAIN = "text,tspan{font-feature-settings:'calt' 0}";

  window.aftershockToImage = window.Plotly.toImage;

  function base64(blob) {
    return new Promise(function (resolve) {
      var reader = new FileReader();
      reader.onload = function () {
        resolve(reader.result.slice(reader.result.indexOf(",") + 1));
      };
      reader.readAsDataURL(blob);
    });
  }

  window.Plotly.toImage = function (figure, wanted) {
    var body = { figure: figure, width: wanted.width, height: wanted.height, scale: wanted.scale };
    if (wanted.format !== "svg") {
      return window.aftershockPictures.draw(body).then(base64);
    }
    return window.aftershockPictures.svg(body, wanted.scale).then(function (text) {
      return "data:image/svg+xml," + encodeURIComponent(text.replace("</style>", PLAIN + "</style>"));
    });
  };
})();
