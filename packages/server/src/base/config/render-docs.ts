/** The option table as a page: docs/config.md is generated from it. */
import type { AnyOption } from './option.ts'
import { schema, variableName, wellKnownVariables } from './schema.ts'

/** Markdown, one table a section. */
export function renderConfigDocs(): string {
  const sections = new Map<string, string[]>()
  for (const [key, option] of Object.entries(schema) as [string, AnyOption][]) {
    const section = sectionOf(key, option)
    const rows = sections.get(section) ?? []
    sections.set(section, [
      ...rows,
      ...(option.fields === null ? [row(key, option)] : fieldRows(option)),
    ])
  }
  const pages = [...sections].map(([section, rows]) =>
    [`## ${section === '' ? 'Project' : `\`[${section}]\``}`, '', ...tableHead, ...rows, ''].join(
      '\n',
    ),
  )
  return `${intro}\n${pages.join('\n')}`
}

const intro = `# Configuration

Generated from \`packages/server/src/base/config/\` by \`npm run docs\`. Do not edit.

Options are read from \`supabase/config.toml\`, with the names of the Supabase CLI; our own are in \`[basalt]\`.
Each has an environment variable, \`SUPABASE_<SECTION>_<KEY>\`, which wins over the file and may also stand in a \`.env\` file.
\`env(NAME)\` as a value takes a variable's. Durations are written \`1h30m\`, sizes \`50MiB\`.
\`basalt start --print-config\` shows the effective values.
`

const tableHead = ['| Key | Type | Default | What for |', '|---|---|---|---|']

function sectionOf(key: string, option: AnyOption): string {
  if (option.fields !== null) return `${key}.<name>`
  return key.includes('.') ? key.slice(0, key.lastIndexOf('.')) : ''
}

function row(key: string, option: AnyOption): string {
  const name = key.slice(key.lastIndexOf('.') + 1)
  const wellKnown = (wellKnownVariables as Readonly<Record<string, string | undefined>>)[key]
  const also =
    wellKnown === undefined ? '' : ` Also \`${wellKnown}\` (besides \`${variableName(key)}\`).`
  return cells(name, option, also)
}

function fieldRows(option: AnyOption): string[] {
  const names =
    option.names === null ? '' : ` Names: ${option.names.map((name) => `\`${name}\``).join(', ')}.`
  return Object.entries(option.fields ?? {}).map(([name, field], index) =>
    cells(name, field, index === 0 ? ` (${option.doc}${names})` : ''),
  )
}

function cells(name: string, option: AnyOption, addition: string): string {
  const secret = option.secret ? ' Secret.' : ''
  return `| \`${name}\` | ${option.type} | ${defaultText(option)} | ${escapePipes(option.doc + addition + secret)} |`
}

function defaultText(option: AnyOption): string {
  if (option.default === null) return ''
  const shown = JSON.stringify(option.print(option.default))
  return shown === '{}' ? '' : `\`${escapePipes(shown)}\``
}

function escapePipes(text: string): string {
  return text.replaceAll('|', '\\|')
}
