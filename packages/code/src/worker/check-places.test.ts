import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkPlaces } from './check-places.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-places-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'file')
writeFileSync(file, '')
const none = { sshKeyFile: null, sshKnownHosts: null }

test('a folder is made where there is none', async () => {
  const config = { ...none, dataDir: join(folder, 'data', 'storage'), sshKeyFile: file }
  await expect(checkPlaces(config)).resolves.toBeUndefined()
})

test.each([
  [{ ...none, dataDir: file }, 'CODE_DATA_DIR is no folder that can be written: EEXIST'],
  [{ ...none, dataDir: folder, sshKeyFile: `${file}2` }, 'CODE_SSH_KEY_FILE is no file'],
  [{ ...none, dataDir: folder, sshKnownHosts: `${file}2` }, 'CODE_SSH_KNOWN_HOSTS is no file'],
])('what cannot be used is told by the name of its variable (%j)', async (config, message) => {
  await expect(checkPlaces(config)).rejects.toThrow(message)
})
