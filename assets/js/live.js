// A part that replaces itself holds still under a hand: while one of its controls is pointed at or typed into, or a menu
// or a question is open, what changed waits.
(() => {
  const held = ':is(a, button, summary, label):hover, :is(input, select, textarea):focus, details.menu[open], dialog[open]';
  document.addEventListener('htmx:before:request', (e) => {
    const part = e.detail.ctx.sourceElement;
    if (!part?.matches?.('[data-holds]') || !part.querySelector(held)) return;
    e.preventDefault();
    part.removeAttribute('aria-busy');
    clearTimeout(part.waits);
    part.waits = setTimeout(() => htmx.trigger(part, 'calm'), 1000);
  });
})();
