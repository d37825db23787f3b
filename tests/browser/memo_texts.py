"""Where the texts of a memo figure stand, measured by the browser that draws them."""

from __future__ import annotations

# Draws a memo's figure on the page and gives its texts that leave the picture or touch another.
# A line's box is as tall as its font, letters are not: a fifth above and below is left out of account.
MEASURE = """async body => {
  const place = document.createElement('div');
  place.id = 'measured';
  place.style.cssText = 'position:fixed;left:0;top:0;z-index:99;background:#fff;'
    + `width:${body.width}px;height:${body.height}px`;
  document.body.append(place);
  await document.fonts.ready;
  await Plotly.newPlot(place, body.figure.data, body.figure.layout, {staticPlot: true});
  const found = [];
  for (const text of place.querySelectorAll('text')) {
    const words = text.textContent.trim();
    const style = getComputedStyle(text);
    if (!words || words === 'SIMULATED' || style.visibility === 'hidden' || +style.opacity === 0) continue;
    const box = text.getBoundingClientRect();
    if (!box.width) continue;
    const trim = text.getAttribute('transform')?.includes('rotate(-90') ? 0 : box.height / 5;
    found.push({words, size: parseFloat(style.fontSize), left: box.left + 1, right: box.right - 1,
      top: box.top + trim, bottom: box.bottom - trim});
  }
  const clipped = found.filter(
    t => t.left < 0 || t.top < 0 || t.right > body.width || t.bottom > body.height);
  const overlapping = [];
  found.forEach((a, at) => found.slice(at + 1).forEach(b => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) {
      overlapping.push([a.words, b.words, Math.round(Math.min(a.right, b.right) - Math.max(a.left, b.left)),
        Math.round(Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))]);
    }
  }));
  const told = text => [text.words, ...[text.left, text.right, text.top, text.bottom].map(Math.round)];
  return {count: found.length, smallest: Math.min(...found.map(t => t.size)),
    clipped: clipped.map(told), overlapping};
}"""
