/** Markup that somebody stored stays text, wherever it is shown. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

/** Would show a dialog, load a picture from elsewhere, or leave an element of this class. */
const markup = `<img class=evil src=x onerror=alert(1)><script>alert(2)</script>`
const short = `<b class=evil>x</b>`

describe.skipIf(!hasChromium)('stored markup', () => {
  let browser: StudioBrowser
  beforeAll(async () => {
    // a bucket of such a name is none that Storage takes
    browser = await startStudioBrowser({ expected: /status of 400/ })
    for (const statement of [
      `create table public."${short}" ("${short}" text default '${short}', kind public.mood)`,
      `comment on table public."${short}" is '${markup}'`,
      `comment on column public."${short}"."${short}" is '${markup}'`,
      `alter type public.mood add value '${short}'`,
      `alter table public."${short}" enable row level security`,
      `create policy "${short}" on public."${short}" for select using ('${short}' <> '')`,
      `insert into public."${short}" ("${short}") values ('${markup}')`,
      `create function public."${short}()"() returns text language sql as $f$ select '${markup}' $f$`,
      `insert into auth.users (id, instance_id, email, aud, role, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
         confirmation_token, recovery_token, email_change_token_new, email_change)
       values ('00000000-0000-4000-8000-00000000beef', '00000000-0000-0000-0000-000000000000', 'markup@example.com', 'authenticated',
         'authenticated', '{}', jsonb_build_object('name', '${markup}'), now(), now(), '', '', '', '')`,
      `insert into storage.buckets (id, name) values ('${short}', '${short}')`,
      `insert into storage.objects (bucket_id, name, metadata) values ('${short}', 'folder ${short}', '{"mimetype":"text/html","size":3}')`,
      `create role "${short}"`,
      `create index "i ${short}" on public."${short}" ("${short}")`,
      `create trigger "${short}" before insert on public."${short}" for each row execute function suppress_redundant_updates_trigger('${short}')`,
      `create extension if not exists pg_cron schema pg_catalog`,
      `select cron.schedule('${short}', '0 0 1 1 *', $s$select '${markup}'$s$)`,
      `select vault.create_secret('${markup}', '${short}', '${markup}')`,
    ])
      await query(statement)
    // of a stranger, into the log
    await fetch(`${inject('apiUrl')}/rest/v1/${encodeURIComponent(markup)}`, {
      headers: { 'user-agent': markup },
    })
  })
  afterAll(() => browser.close())

  const encoded = encodeURIComponent(short)
  test.each([
    ['rows and columns', `/p/default/tables/public/${encoded}`],
    ['definition', `/p/default/tables/public/${encoded}?tab=definition`],
    ['diagram', '/p/default/tables/public?view=diagram'],
    ['policies', `/p/default/policies?table=${encodeURIComponent(`public.${short}`)}`],
    ['advisors', '/p/default/policies/advisors'],
    ['users', '/p/default/users'],
    ['one user', '/p/default/users/00000000-0000-4000-8000-00000000beef'],
    ['buckets', '/p/default/storage'],
    ['objects', `/p/default/storage/${encoded}`],
    ['functions of the database', '/p/default/database/functions'],
    ['enums', '/p/default/database/enums'],
    ['triggers', '/p/default/database/triggers'],
    ['indexes', '/p/default/database/indexes'],
    ['roles', '/p/default/database/roles'],
    ['cron jobs', '/p/default/database/cron'],
    ['vault', '/p/default/database/vault'],
    ['logs', '/p/default/logs'],
    ['api', `/p/default/api/table/public/${encoded}`],
  ])('%s', async (_, path) => {
    const { page } = browser
    await browser.open(path)
    await page.waitForLoadState('networkidle', { timeout: 2500 }).catch(() => {})
    expect(await page.locator('.evil, b.evil, img[src="x"]').count()).toBe(0)
    expect(await page.locator('.work').innerText()).not.toBe('')
  })

  test('a result, and the error of a function', async () => {
    const { page } = browser
    await browser.open('/p/default/sql/new')
    await browser.paste(
      'SQL',
      `select '${markup}' as "${short}"; do $$ begin raise exception '${markup}'; end $$`,
    )
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(() => page.getByRole('region', { name: 'Answer' }).innerText())
      .toContain('onerror')
    expect(await page.locator('.evil').count()).toBe(0)
  })
})
