/** Migrations that databases out there have applied do not change: `migrate` refuses to start on them. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { databaseMigrations } from '#host/control'
import { apiKeyMigrations } from '#services/api-keys'
import { provisioned } from './open-databases.ts'

test('a migration keeps its text for good: what is to change is a new one', async () => {
  const all = [
    ...databaseMigrations,
    ...provisioned.flatMap(({ migrations }) => migrations),
    ...apiKeyMigrations,
  ]
  const lines = all.map(
    ({ service, version, sql }) =>
      `${createHash('sha256').update(sql).digest('hex').slice(0, 16)} ${service}/${version}`,
  )
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./released-migrations.txt')
})
