/** The migrations of the original Realtime (Elixir, `lib/realtime/tenants/repo/migrations`) as SQL. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const permissions = (table) => [
  `create table realtime.${table} (id bigserial primary key, channel_id bigint not null references realtime.channels on delete cascade,
    "check" boolean not null default false, inserted_at timestamp(0) not null, updated_at timestamp(0) not null)`,
  `create unique index ${table}_channel_id_index on realtime.${table} (channel_id)`,
]

/** What these do in Ecto's own words, before the SQL they execute. */
const ecto = {
  20231018144023: [
    `create table realtime.channels (id bigserial primary key, name varchar(255) not null,
      inserted_at timestamp(0) not null, updated_at timestamp(0) not null)`,
    'create unique index channels_name_index on realtime.channels (name)',
  ],
  20240108234812: ['alter table realtime.channels add column "check" boolean default false'],
  20240227174441: permissions('broadcasts'),
  20240321100241: permissions('presences'),
  20240418121054: ['channels', 'broadcasts', 'presences'].map(
    (table) => `alter table realtime.${table} drop column "check"`,
  ),
  20240523004032: [
    'drop table realtime.broadcasts cascade',
    'drop table realtime.presences cascade',
    'drop table realtime.channels cascade',
    `create table realtime.messages (id bigserial primary key, topic text not null, extension text not null,
      inserted_at timestamp(0) not null, updated_at timestamp(0) not null)`,
    'create index messages_topic_index on realtime.messages (topic)',
  ],
  20240919163303: [
    `alter table realtime.messages add column payload jsonb, add column event text, add column private boolean default true,
      alter column inserted_at set default now(), alter column updated_at set default now()`,
  ],
  20240919163305: ['alter table realtime.messages add column if not exists uuid uuid'],
  20241108114728: [
    `alter table realtime.messages drop column id, drop column uuid`,
    `alter table realtime.messages add column id uuid not null default gen_random_uuid()`,
  ],
  20250905041441: [
    `create index if not exists messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
      where extension = 'broadcast' and private is true`,
  ],
}

/** `[{ version, statements }]`, oldest first. */
export function readRealtimeMigrations(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ex'))
    .toSorted()
    .map((name) => {
      const version = name.split('_')[0]
      const text = readFileSync(join(folder, name), 'utf8')
      return { version, statements: [...(ecto[version] ?? []), ...executed(text)] }
    })
}

function executed(text) {
  const [up] = text.slice(text.search(/def (up|change)/)).split(/\n {2}def down/)
  const pattern = /execute\s*\(?\s*(?:(~S)?"""\n([\s\S]*?)"""|"((?:[^"\\]|\\[\s\S])*)")/g
  return [...up.matchAll(pattern)].map(([, raw, block, line]) =>
    raw === undefined ? unescape(block ?? line) : block,
  )
}

function unescape(text) {
  return text.replaceAll(/\\([\s\S])/g, (_, character) =>
    character === 'n' ? '\n' : character === 't' ? '\t' : character,
  )
}
