/** What can stand inside an element; null and false leave a place empty. */
export type Child = Node | string | null | false;

type Properties<K extends keyof HTMLElementTagNameMap> = Omit<Partial<HTMLElementTagNameMap[K]>, 'style'> & {
  /** Custom CSS properties, set through the CSSOM because the page's policy forbids style attributes. */
  variables?: Record<`--${string}`, string>;
};

/** An element with its properties and children. Text is always text: nothing is parsed as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { variables, ...properties }: Properties<K> = {} as Properties<K>,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  Object.assign(made, properties);
  for (const [key, value] of Object.entries(variables ?? {})) made.style.setProperty(key, value);
  made.append(...present(children));
  return made;
}

export function replaceChildren(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...present(children));
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((child) => child !== null && child !== false);
}

/** The one element with this id. @throws when the page lacks it */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Says a sentence to those who listen to the page instead of seeing it. */
export function announce(sentence: string): void {
  byId('announcement').textContent = sentence;
}
