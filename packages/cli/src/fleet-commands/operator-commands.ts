/** `basalt operators …` and `basalt control …` */
import { randomBytes } from 'node:crypto'
import { withControl, withControlDatabase } from '#control-client'
import type { FleetOptions } from '#control-client'
import { CliError, momentOf, printTable } from '#terminal'
import type { Terminal } from '#terminal'
import { print, printFields, readSecret } from './print.ts'

export interface OperatorOptions extends FleetOptions {
  readonly role?: string
  readonly passwordStdin?: boolean
  readonly name?: string
  readonly days?: string
}

interface Operator {
  readonly email: string
  readonly role: string
  readonly last_seen_at: string | null
}

const pathOf = (email: string): string => `/operators/${encodeURIComponent(email)}`

/** The first one is an owner; those after are what `--role` says, default the least. */
export async function createOperator(
  terminal: Terminal,
  email: string,
  options: OperatorOptions,
): Promise<void> {
  const { password, isGenerated } = await newPassword(terminal, options)
  await withControl(terminal, options, async (ask) => {
    const role =
      options.role ??
      ((await ask<readonly Operator[]>('GET', '/operators')).length === 0 ? 'owner' : 'read-only')
    const made = await ask<Operator>('POST', '/operators', { email, role, password })
    const shown = { ...made, ...(isGenerated ? { password } : {}) }
    print(terminal, options, shown, () => {
      terminal.err(`${made.email} is an operator: ${made.role}.\n`)
      if (isGenerated) showOnce(terminal, password)
    })
  })
}

export async function setPassword(
  terminal: Terminal,
  email: string,
  options: OperatorOptions,
): Promise<void> {
  const { password, isGenerated } = await newPassword(terminal, options)
  await withControl(terminal, options, async (ask) => {
    const changed = await ask<Operator>('PATCH', pathOf(email), { password })
    print(terminal, options, { ...changed, ...(isGenerated ? { password } : {}) }, () => {
      terminal.err(`${changed.email} has a new password; sessions have ended.\n`)
      if (isGenerated) showOnce(terminal, password)
    })
  })
}

export function setRole(
  terminal: Terminal,
  email: string,
  role: string,
  options: OperatorOptions,
): Promise<void> {
  return withControl(terminal, options, async (ask) => {
    const changed = await ask<Operator>('PATCH', pathOf(email), { role })
    print(terminal, options, changed, () =>
      terminal.err(`${changed.email} is now ${changed.role}.\n`),
    )
  })
}

export function listOperators(terminal: Terminal, options: OperatorOptions): Promise<void> {
  return withControl(terminal, options, async (ask) =>
    print(terminal, options, await ask<readonly Operator[]>('GET', '/operators'), (operators) =>
      printTable(
        terminal,
        ['E-MAIL', 'ROLE', 'LAST SEEN (UTC)'],
        operators.map(({ email, role, last_seen_at }) => [
          email,
          role,
          last_seen_at === null ? '-' : momentOf(Date.parse(last_seen_at)),
        ]),
      ),
    ),
  )
}

export function deleteOperator(
  terminal: Terminal,
  email: string,
  options: OperatorOptions,
): Promise<void> {
  return withControl(terminal, options, async (ask) => {
    await ask('DELETE', pathOf(email))
    print(terminal, options, { email, deleted: true }, () =>
      terminal.err(`${email} is no operator any more.\n`),
    )
  })
}

export function createToken(
  terminal: Terminal,
  email: string,
  options: OperatorOptions,
): Promise<void> {
  const days = options.days === undefined ? undefined : Number(options.days)
  if (days !== undefined && !(Number.isInteger(days) && days > 0))
    throw new CliError(`--days ${options.days}: expected a whole number.`)
  return withControl(terminal, options, async (ask) => {
    const name = options.name ?? 'basalt operators token'
    const made = await ask<{ token: string }>('POST', '/tokens', {
      email,
      name,
      ...(days === undefined ? {} : { days }),
    })
    print(terminal, options, made, () => {
      terminal.err('Shown this one time; BASALT_OPERATOR_TOKEN takes it:\n')
      terminal.out(`${made.token}\n`)
    })
  })
}

interface Token {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly expires_at: string | null
}

export function listTokens(terminal: Terminal, options: OperatorOptions): Promise<void> {
  return withControl(terminal, options, async (ask) =>
    print(terminal, options, await ask<readonly Token[]>('GET', '/tokens'), (tokens) =>
      printTable(
        terminal,
        ['ID', 'E-MAIL', 'NAME', 'ENDS (UTC)'],
        tokens.map(({ id, email, name, expires_at }) => [
          id,
          email,
          name,
          expires_at === null ? 'never' : momentOf(Date.parse(expires_at)),
        ]),
      ),
    ),
  )
}

export function revokeToken(
  terminal: Terminal,
  id: string,
  options: OperatorOptions,
): Promise<void> {
  return withControl(terminal, options, async (ask) => {
    await ask('DELETE', `/tokens/${encodeURIComponent(id)}`)
    print(terminal, options, { id, revoked: true }, () =>
      terminal.err('The token is good for nothing any more.\n'),
    )
  })
}

export function migrateControl(terminal: Terminal, options: FleetOptions): Promise<void> {
  return withControlDatabase(terminal, options, ({ applied }) => {
    print(terminal, options, { applied }, () =>
      terminal.out(applied.length === 0 ? 'Nothing to apply.\n' : `${applied.join('\n')}\n`),
    )
    return Promise.resolve()
  })
}

export function rekeyControl(terminal: Terminal, options: FleetOptions): Promise<void> {
  return withControlDatabase(terminal, options, async (control) => {
    const rewrapped = await control.rekey({ name: 'cli', address: null })
    print(terminal, options, { rewrapped }, () => printFields(terminal, { rewrapped }))
  })
}

/** Piped in, asked for, or made and told once: none is in the list of processes, and there is no default. */
async function newPassword(
  terminal: Terminal,
  { passwordStdin }: OperatorOptions,
): Promise<{ readonly password: string; readonly isGenerated: boolean }> {
  const isPiped = passwordStdin === true
  const question = 'Password (12 characters or more; empty: one is made): '
  const given = await readSecret(terminal, { isPiped, question })
  if (given === null || given === '')
    return { password: randomBytes(18).toString('base64url'), isGenerated: true }
  if (!isPiped && (await terminal.ask('Once more: ', true)) !== given)
    throw new CliError('The two are not the same.')
  return { password: given, isGenerated: false }
}

function showOnce(terminal: Terminal, password: string): void {
  terminal.err('Its password, shown this one time:\n')
  terminal.out(`${password}\n`)
}
