/** The one place where role and claims enter Postgres, always local to one transaction. */
import { BoundedCache } from '#base/kernel'
import { quoteLiteral } from '#base/sql'
import type { Statement } from '#base/sql'
import type { Session } from './database.ts'

const sessionTexts = new BoundedCache<string, SessionText>(200)

/**
 * The statement that makes a pipeline run as `session`: one row with one number, because set_config's own
 * answers (headers, claims) would travel back for nothing. `role` comes last: the settings are still ours to set.
 */
export function sessionStatement(session: Session): Statement {
  const { settings } = session
  const values = settings.map(([, value]) => value)
  values.push(session.role ?? 'none')
  const kind = session.readOnly === true ? 'read' : 'write'
  const before = latest[kind]
  if (!hasNames(settings, before.names)) latest[kind] = sessionText(settings, kind)
  return { name: 'db.session', text: latest[kind].text, values }
}

interface SessionText {
  readonly names: readonly string[]
  readonly text: string
}

/** Mostly the same settings as last time: comparing them costs less than a key made of their names. */
const latest: Record<'read' | 'write', SessionText> = {
  read: { names: ['none'], text: '' },
  write: { names: ['none'], text: '' },
}

function hasNames(settings: Session['settings'], names: readonly string[]): boolean {
  if (settings.length !== names.length) return false
  for (let i = 0; i < names.length; i++) if (settings[i]?.[0] !== names[i]) return false
  return true
}

function sessionText(settings: Session['settings'], kind: 'read' | 'write'): SessionText {
  const names = settings.map(([name]) => name)
  const key = `${kind}\0${names.join('\0')}`
  let known = sessionTexts.get(key)
  if (known === undefined) {
    const calls = [...names, 'role'].map(
      (name, i) => `pg_catalog.set_config(${quoteLiteral(name)}, $${i + 1}, true)`,
    )
    if (kind === 'read') calls.push(`pg_catalog.set_config('transaction_read_only', 'on', true)`)
    known = { names, text: `/* db.session */ select pg_catalog.num_nulls(${calls.join(', ')})` }
    sessionTexts.set(key, known)
  }
  return known
}
