/* Asks the device for a passkey: fetches the question, puts the answer into the form, sends the form. */
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const named = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
  const broken = 'This did not work. Load the page again and try once more.';

  // The question comes from the form's own page: the token goes along, and what its fields hold only where a key is made.
  const ask = async (form, button) => {
    const fields = new URLSearchParams({ csrf: form.elements.csrf.value });
    if (button.dataset.about) fields.set('about', button.dataset.about);
    if ('makes' in button.dataset) for (const name of ['name', 'password']) fields.set(name, form.elements[name].value);
    const answer = await fetch(button.dataset.passkey, { method: 'POST', body: fields, redirect: 'error' });
    const isOurs = answer.headers.get('content-type')?.startsWith('application/json');
    const question = isOurs ? await answer.json() : {};
    if (!question.publicKey) throw new Error(question.sentence || broken);
    return question.publicKey;
  };

  const make = async (options) => {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = named(options.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: options });
    const response = { attestationObject: text(made.response.attestationObject), clientDataJSON: text(made.response.clientDataJSON) };
    return { id: made.id, rawId: text(made.rawId), type: made.type, response };
  };

  const use = async (options) => {
    options.challenge = bytes(options.challenge);
    options.allowCredentials = named(options.allowCredentials);
    const used = await navigator.credentials.get({ publicKey: options });
    const { authenticatorData, clientDataJSON, signature, userHandle } = used.response;
    const response = { authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature), userHandle: text(userHandle) };
    return { id: used.id, rawId: text(used.rawId), type: used.type, response };
  };

  const why = (error) => ({
    NotAllowedError: 'No passkey was used. Try once more when your device is at hand.',
    InvalidStateError: 'This device keeps a passkey of yours already.',
    NotSupportedError: 'This device can keep no passkey that we take.',
    SecurityError: 'Passkeys do not work at this address.',
    TypeError: broken,
  })[error.name] || error.message || broken;

  const run = async (button) => {
    const form = button.form, says = form.querySelector('[data-passkey-problem]'), label = button.textContent;
    if (button.getAttribute('aria-busy')) return;
    says.hidden = true;
    button.setAttribute('aria-busy', 'true');
    button.textContent = button.dataset.says;
    try {
      const options = await ask(form, button);
      form.elements.passkey.value = JSON.stringify('makes' in button.dataset ? await make(options) : await use(options));
      // The passkey is the proof now; a password beside it is nobody's business any more.
      if (form.elements.password) form.elements.password.value = '';
      form.submit();
    } catch (error) {
      says.textContent = why(error);
      says.hidden = false;
      button.removeAttribute('aria-busy');
      button.textContent = label;
    }
  };

  document.addEventListener('click', (e) => {
    const button = e.target.closest?.('[data-passkey]');
    if (button) run(button);
  });
  // Enter in the form that adds one does what its only button does.
  document.addEventListener('keydown', (e) => {
    const button = e.key === 'Enter' && e.target.matches?.('input') && e.target.form?.querySelector('[data-makes]');
    if (button) { e.preventDefault(); run(button); }
  });
  for (const button of document.querySelectorAll('[data-passkey]')) button.hidden = false;
})();
