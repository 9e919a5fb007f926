// A part that replaces itself holds still while a hand is on one of its controls; what changed waits.
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
