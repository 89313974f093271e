/** The options of `basalt rest` as a page: docs/rest-config.md is generated from it. */
import type { RestRow } from './rest-options.ts'
import { restOptions, restVariable } from './rest-options.ts'

/** Markdown, one row an option. */
export function renderRestDocs(): string {
  const rows = Object.entries(restOptions).map(([key, row]) =>
    renderRow(key, row as RestRow<unknown>),
  )
  return `${intro}\n${head}\n${rows.join('\n')}\n`
}

const intro = `# Configuration of \`basalt rest\`

Generated from \`packages/server/src/base/config/rest-options.ts\` by \`npm run docs\`. Do not edit.
Names, defaults and readings are PostgREST's. In the file an option is \`name = value\`, in the environment \`PGRST_NAME\`,
in the database \`alter role authenticator set pgrst.name = '…'\` where the table says so; the database wins over the environment,
the environment over the file. \`app.settings.<name>\` (\`PGRST_APP_SETTINGS_<name>\`) sets what SQL reads with \`current_setting\`.
What \`db-uri\` leaves out comes from libpq's variables (\`PGHOST\`, \`PGUSER\`, …). \`PORT\` stands in for a port that is not set.
`

const head =
  '| Name | Variable | Type | Default | In the database | What for |\n|---|---|---|---|---|---|'

function renderRow(key: string, row: RestRow<unknown>): string {
  const shown = row.default === null ? '' : `\`${JSON.stringify(row.default)}\``
  const alias = row.alias === null ? '' : ` Also \`${row.alias}\` in the file.`
  const cells = [
    `\`${key}\``,
    `\`${restVariable(key)}\``,
    row.type,
    shown,
    row.inDatabase ? 'yes' : '',
    `${row.doc}${alias}${row.secret ? ' Secret.' : ''}`,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
