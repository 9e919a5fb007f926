// A BOM that came whole folds and unfolds without asking. Without script the same links ask for the page folded so.
document.addEventListener('click', (e) => {
  if (e.target.closest?.('[data-prints]')) return print();
  const link = e.target.closest?.('[data-folds] .fold');
  if (!link || e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  e.stopPropagation();
  const row = link.closest('tr'), level = (r) => +r.dataset.level, opens = link.ariaExpanded !== 'true';
  link.ariaExpanded = opens;
  link.ariaLabel = link.ariaLabel.replace(/^\w+/, opens ? 'Fold' : 'Unfold');
  let shut = opens ? 99 : level(row);
  for (let r = row.nextElementSibling; r && level(r) > level(row); r = r.nextElementSibling) {
    if (level(r) <= shut) shut = 99;
    r.hidden = shut < 99;
    if (!r.hidden && r.querySelector('.fold[aria-expanded=false]')) shut = level(r);
  }
}, true);
