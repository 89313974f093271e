/** `npm run shots:studio -- <folder>`: every view of a Studio that runs (`STUDIO=http://127.0.0.1:54323`), 1440 and 390 pixels wide, light and dark. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const base = process.env.STUDIO ?? 'http://127.0.0.1:54323'
const folder = process.argv[2] ?? '.studio-shots'
const only = process.argv[3]
const table = process.env.TABLE ?? 'public/todos'

const views = {
  tables: `tables/${table}`,
  definition: `tables/${table}?tab=definition`,
  diagram: 'tables/public?view=diagram',
  sql: 'sql/new?text=select%20*%20from%20todos%3B%0Aselect%20count(*)%20from%20authors',
  policies: 'policies',
  table_policies: `policies?table=${table.replace('/', '.')}`,
  try: 'policies/try',
  advisors: 'policies/advisors',
  users: 'users',
  templates: 'users/templates',
  mail: 'users/mail',
  storage: 'storage',
  functions: 'functions',
  realtime: 'realtime',
  database: 'database',
  extensions: 'database/extensions',
  migrations: 'database/migrations',
  cron: 'database/cron',
  api_keys: 'api-keys',
  logs: 'logs',
  health: 'health',
  api: `api/table/${table}`,
  settings: 'settings',
}

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
})
for (const theme of ['light', 'dark'])
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ]) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme })
    await context.addCookies([{ name: 'theme', value: theme, url: base }])
    const page = await context.newPage()
    for (const [name, path] of Object.entries(views)) {
      if (only !== undefined && !name.includes(only)) continue
      await page.goto(`${base}/p/default/${path}`)
      await page.waitForLoadState('networkidle').catch(() => {})
      if (name === 'sql') {
        await page.getByRole('button', { name: 'Run', exact: true }).click()
        await page
          .getByRole('tab')
          .first()
          .waitFor()
          .catch(() => {})
      }
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`) })
    }
    await context.close()
  }
await browser.close()
