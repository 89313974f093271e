/** Elements of the grid: made, and rewritten only where something is different. */
export function element(name: 'div', className: string): HTMLElement {
  const made = document.createElement(name)
  made.className = className
  return made
}

export function setText(node: HTMLElement, text: string): void {
  const child = node.firstChild
  if (child instanceof Text) {
    if (child.data !== text) child.data = text
  } else node.textContent = text
}

export function setAttribute(node: HTMLElement, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}
