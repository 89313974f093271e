/** A real browser, where there is one. */
import { existsSync } from 'node:fs'

export const executablePath = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path))

/** Of a test, or why it is skipped. */
export const inChromium = (title = 'in Chromium'): string =>
  executablePath === undefined
    ? 'skipped: there is no Chromium here (apt-get install chromium, or CHROMIUM_PATH)'
    : title
