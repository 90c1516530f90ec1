// Answers while somebody types. Without it the page searches when it is sent.
const form = document.querySelector('form[data-suggest]');
if (form) {
  const box = form.querySelector('input');
  const list = document.createElement('ul');
  list.className = 'suggest';
  list.id = 'suggest';
  list.setAttribute('role', 'listbox');
  list.hidden = true;
  form.querySelector('.row').append(list);
  box.setAttribute('role', 'combobox');
  box.setAttribute('aria-autocomplete', 'list');
  box.setAttribute('aria-controls', 'suggest');
  box.setAttribute('aria-expanded', 'false');
  let asking;
  let timer;
  let chosen = -1;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    box.setAttribute('aria-expanded', 'false');
    box.removeAttribute('aria-activedescendant');
  };
  const choose = (to) => {
    const all = [...list.children];
    if (all.length === 0) return;
    chosen = (to + all.length + 1) % (all.length + 1);
    all.forEach((item, i) => item.setAttribute('aria-selected', String(i === chosen)));
    if (chosen < all.length) box.setAttribute('aria-activedescendant', all[chosen].id);
    else box.removeAttribute('aria-activedescendant');
  };
  const show = (found) => {
    list.replaceChildren(...found.map(({ title, short, path }, i) => {
      const item = document.createElement('li');
      item.id = `suggest-${i}`;
      item.setAttribute('role', 'option');
      item.setAttribute('aria-selected', 'false');
      const link = document.createElement('a');
      link.href = path;
      link.tabIndex = -1;
      const small = document.createElement('small');
      small.textContent = short;
      link.append(title, small);
      item.append(link);
      return item;
    }));
    list.hidden = found.length === 0;
    chosen = -1;
    box.setAttribute('aria-expanded', String(found.length > 0));
    box.removeAttribute('aria-activedescendant');
  };
  const ask = async () => {
    asking?.abort();
    const text = box.value.trim();
    if (text.length < 2 && !/\p{Script=Han}/u.test(text)) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      if (answer.ok) show((await answer.json()).found);
    } catch {
      // Offline, or asked again meanwhile: the page still searches when it is sent.
    }
  };
  box.addEventListener('input', (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, 120);
  });
  box.addEventListener('compositionend', ask);
  box.addEventListener('keydown', (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen < 0 ? list.children.length - 1 : chosen - 1);
    else if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && chosen >= 0 && chosen < list.children.length) location.href = list.children[chosen].firstChild.href;
    else return;
    event.preventDefault();
  });
  box.addEventListener('blur', () => setTimeout(close, 150));
}
