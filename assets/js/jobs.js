// How many jobs are ticked, said while they are chosen.
for (const name of ['change', 'reset']) document.addEventListener(name, (e) => {
  const form = e.target.closest?.('#chosen');
  if (form) setTimeout(() => {
    const ticked = form.querySelectorAll('tbody :checked').length;
    form.querySelector('[data-chosen]').textContent = form.elements.all?.checked ? '' : ticked;
  });
});
