type Child = Node | string | null;

/** Makes an element. Texts become text, never markup. */
export function h(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that does `act`, and cannot be pressed again until that has ended. */
export function button(label: string, className: string, act: () => Promise<void>): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = label;
  element.addEventListener('click', () => {
    element.disabled = true;
    void act().finally(() => (element.disabled = false));
  });
  return element;
}
