/* A shared tablet that nobody touches locks itself; the server ends the session in any case. */
(() => {
  let idle;
  const rest = () => {
    clearTimeout(idle);
    const lock = document.querySelector('[data-locks]');
    if (lock) idle = setTimeout(() => lock.requestSubmit(), lock.dataset.locks * 1000);
  };
  addEventListener('pointerdown', rest);
  addEventListener('keydown', rest);
  rest();
})();
