/** Lays text out in lines of 80 columns: what fits stays on one line, what does not breaks where it may. */

/** Text, or text with places where it may break. */
export type Layout = string | readonly Layout[] | LineBreak | Group | Indented

interface LineBreak {
  readonly kind: 'break'
  /** When the line is not broken here: a space, nothing, or never. */
  readonly flat: ' ' | '' | null
}
interface Group {
  readonly kind: 'group'
  readonly content: Layout
  /** Instead of `content` when it does not fit. */
  readonly broken: Layout
}
interface Indented {
  readonly kind: 'indent'
  readonly content: Layout
}

/** A space, or a new line when its group does not fit. */
export const line: LineBreak = { kind: 'break', flat: ' ' }
/** Nothing, or a new line. */
export const softLine: LineBreak = { kind: 'break', flat: '' }
/** Always a new line: what is around it does not fit on one. */
export const hardLine: LineBreak = { kind: 'break', flat: null }

/** On one line if that fits; else `broken`, with each of its own breaks a new line. */
export function group(content: Layout, broken: Layout = content): Layout {
  return { kind: 'group', content, broken }
}

/** Two columns deeper. */
export function indent(content: Layout): Layout {
  return { kind: 'indent', content }
}

/** `join([', '], ['a', 'b'])` → `a, b` */
export function join(separator: Layout, items: readonly Layout[]): Layout {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]))
}

const width = 80

interface Command {
  readonly depth: number
  readonly isFlat: boolean
  readonly layout: Layout
}

/** `printLayout(group(['[', indent([softLine, 'a']), softLine, ']']))` → `[a]`. Continues a line indented by `depth`. */
export function printLayout(layout: Layout, depth = 0): string {
  const commands: Command[] = [{ depth, isFlat: false, layout }]
  const lines: string[] = []
  let text = ''
  let column = depth * 2
  for (let command = commands.pop(); command !== undefined; command = commands.pop()) {
    const { isFlat, layout: current } = command
    if (typeof current === 'string') {
      text += current
      column += current.length
    } else if (isList(current)) {
      for (const item of current.toReversed()) commands.push({ ...command, layout: item })
    } else if (current.kind === 'indent') {
      commands.push({ depth: command.depth + 1, isFlat, layout: current.content })
    } else if (current.kind === 'group') {
      const flat = { depth: command.depth, isFlat: true, layout: current.content }
      const fits = isFlat || fitsOnLine(flat, commands, width - column)
      commands.push(fits ? flat : { ...flat, isFlat: false, layout: current.broken })
    } else if (isFlat && current.flat !== null) {
      text += current.flat
      column += current.flat.length
    } else {
      lines.push(text.trimEnd())
      text = '  '.repeat(command.depth)
      column = command.depth * 2
    }
  }
  return [...lines, text].join('\n')
}

/** Whether `next`, and what follows up to the first possible break, fits into `room` columns. */
function fitsOnLine(next: Command, following: readonly Command[], room: number): boolean {
  const stack = [next]
  let rest = following.length
  let left = room
  while (left >= 0) {
    const command = stack.pop() ?? following[--rest]
    if (command === undefined) return true
    const { isFlat, layout } = command
    if (typeof layout === 'string') left -= layout.length
    else if (isList(layout)) {
      for (const item of layout.toReversed()) stack.push({ ...command, layout: item })
    } else if (layout.kind === 'break') {
      if (!isFlat) return true
      if (layout.flat === null) return false
      left -= layout.flat.length
    } else stack.push({ ...command, layout: layout.content })
  }
  return false
}

function isList(layout: Layout): layout is readonly Layout[] {
  return Array.isArray(layout)
}
