import { expect, test } from 'vitest'
import { backupChecks } from './backup-checks.ts'

const now = Date.parse('2026-11-29T12:00:00Z')
const day = 86_400_000
const found = (...backups: Parameters<typeof backupChecks>[0]) =>
  backupChecks(backups, '/backups', now).map(({ level, message }) => `${level} ${message}`)

test('none, an old one and one that was never restored are told', () => {
  expect(found()).toEqual([
    'error There is no backup in /backups',
    'warning No backup was ever restored to see whether it can be',
  ])
  expect(found({ madeMs: now - 3 * day, verifiedMs: now - 9 * day })).toEqual([
    'error The newest backup in /backups was made 3 days ago',
    'warning A backup was last restored and compared 9 days ago',
  ])
})

test('the newest one counts, and whichever was restored; one that cannot be read is none', () => {
  expect(
    found(
      { madeMs: now - 5 * day, verifiedMs: now - day },
      { madeMs: now - 1000, verifiedMs: null },
      { madeMs: null, verifiedMs: null },
    ),
  ).toEqual([
    'ok The newest backup in /backups was made within the last day',
    'ok A backup was last restored and compared a day ago',
  ])
})
