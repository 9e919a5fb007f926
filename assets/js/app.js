// What htmx leaves to us: the stream's first connection, focus, busy marks, refusals, dialogs, menus, copying.
(() => {
  const on = (name, act) => document.addEventListener(name, act);
  const one = (css) => document.querySelector(css);
  const say = (text) => { const box = one('#status'); if (box) box.textContent = text; };

  // Attributes never become code, not even where the policy would let them.
  htmx.registerExtension('app', { init(api) {
    const no = function () { throw new Error('evaluation is off'); };
    api.initSecurity(null, no, no);
  } });

  // A first connection that fails is not retried by the extension; a session that ended reloads into the log-in page.
  let tries = 0, seen = false;
  on('htmx:finally:request', (e) => {
    const el = e.target, ctx = e.detail.ctx;
    ctx?.target?.removeAttribute?.('aria-busy');
    if (!el.matches?.('[hx-sse\\:connect]') || el._htmx?.sse || ctx.hx?.redirect) return;
    if (ctx.response?.status === 200 && ctx.extensionPromise) return;
    setTimeout(() => htmx.trigger(el, 'stream:retry'), Math.min(60000, 1000 * 2 ** tries++) * (0.7 + Math.random() * 0.6));
  });
  on('htmx:sse:error', (e) => { if ([401, 403].includes(e.detail.status)) location.reload(); });
  on('htmx:sse:after:connection', (e) => {
    tries = 0;
    document.documentElement.dataset.live = 'on';
    if (seen) htmx.trigger(e.target, 'resync');
    seen = true;
  });

  let title = document.title, boosted;
  const toFocus = '[data-focus]:not([data-still] *)';
  on('htmx:before:request', (e) => {
    const { target, sourceElement } = e.detail.ctx;
    boosted = sourceElement?._htmx?.boosted;
    if (target?.id !== 'live') target?.setAttribute?.('aria-busy', 'true');
  });

  // Answers that are not swapped still speak; a link that ended in an error opens that error's page.
  on('htmx:response:error', (e) => {
    const { text, request, response, sourceElement } = e.detail.ctx;
    if (sourceElement?.id === 'live' || response.status === 422) return;
    if (sourceElement?._htmx?.boosted && request.method === 'GET') return location.assign(request.action);
    const page = new DOMParser().parseFromString(text, 'text/html');
    say(page.querySelector('[data-sentence]')?.textContent || 'We could not do this. Nothing was changed. Try again.');
  });
  on('htmx:error', (e) => {
    if (e.target?.id !== 'live' && e.detail.ctx && !e.detail.ctx.response) say('No connection. Nothing was changed. Try again in a moment.');
  });

  // After a swap focus stays, goes to the first wrong answer of a refused form, or to the new page.
  on('htmx:after:swap', (e) => {
    const lost = document.activeElement === document.body;
    const wrong = one('main [aria-invalid=true]');
    if (document.title !== title) { title = document.title; if (boosted || lost) one('#main')?.focus({ preventScroll: true }); }
    else if (lost && e.detail.ctx?.response?.status === 422) (one(toFocus) || wrong)?.focus();
  });
  one(toFocus)?.focus();

  on('click', (e) => {
    const hit = (css) => e.target.closest?.(css);
    const opener = hit('[data-opens]'), box = opener && document.getElementById(opener.dataset.opens);
    if (box?.showModal) { e.preventDefault(); box.showModal(); }
    if (hit('dialog [data-closes]')) { e.preventDefault(); hit('dialog').close(); }
    if (hit('.toast [data-closes]')) hit('.toast').remove();
    const copy = hit('[data-copy]');
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => say('Copied' + (copy.dataset.copy.length < 80 ? ' ' + copy.dataset.copy : '')));
    const reveal = hit('[data-reveals]'), field = reveal && document.getElementById(reveal.dataset.reveals);
    if (field) {
      field.type = field.type === 'password' ? 'text' : 'password';
      reveal.textContent = field.type === 'password' ? 'Show' : 'Hide';
    }
    for (const menu of document.querySelectorAll('details:is(.menu, .person, .chip)[open]'))
      if (!menu.contains(e.target)) menu.open = false;
  });
  on('keydown', (e) => {
    if (e.key !== 'Escape') return;
    const menu = one('details:is(.menu, .person, .chip)[open]');
    if (menu) { menu.open = false; menu.firstElementChild.focus(); } else { one('.toast')?.remove(); if (!one('dialog[open]')) say(''); }
  });
  // A second click on a plain form sends nothing twice; what was pressed says what it does.
  on('submit', (e) => {
    const form = e.target, pressed = e.submitter;
    if (e.defaultPrevented || form.method === 'dialog') return;
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = '1';
    if (pressed?.dataset.busy) { pressed.setAttribute('aria-busy', 'true'); pressed.textContent = pressed.dataset.busy; }
    setTimeout(() => delete form.dataset.sent, 3000);
  });
})();
