/** Six usual ways to write row-level security, for a given way to say who asks. */

export interface Identity {
  /** The caller's id as text; empty or null for nobody. */
  readonly text: string
  /** …as uuid; null for nobody. */
  readonly uuid: string
}

export const identities: Readonly<Record<string, Identity>> = {
  'auth.uid()': { text: 'auth.uid()::text', uuid: 'auth.uid()' },
  "current_setting('app.user_id', true)": {
    text: "current_setting('app.user_id', true)",
    uuid: "nullif(current_setting('app.user_id', true), '')::uuid",
  },
}

const owner = ({ text }: Identity): string => `
  create table notes (id bigint generated always as identity primary key, user_id uuid not null, body text);
  alter table notes enable row level security;
  create policy own on notes for all using (user_id::text = ${text}) with check (user_id::text = ${text});`

const organisation = ({ uuid }: Identity): string => `
  create table organizations (id int primary key, name text);
  create table users (id uuid primary key, organization_id int references organizations);
  create table projects (id bigint generated always as identity primary key,
    organization_id int not null references organizations, name text);
  alter table users enable row level security;
  alter table projects enable row level security;
  create policy self on users for select using (id = ${uuid});
  create policy members on projects for all
    using (organization_id in (select organization_id from users where id = ${uuid}))
    with check (organization_id in (select organization_id from users where id = ${uuid}));`

const roles = ({ uuid }: Identity): string => `
  create table user_roles (user_id uuid, role text check (role in ('admin', 'editor', 'viewer')), primary key (user_id, role));
  create table articles (id bigint generated always as identity primary key, author uuid not null, title text);
  alter table user_roles enable row level security;
  alter table articles enable row level security;
  create policy own_roles on user_roles for select using (user_id = ${uuid});
  create policy read_own on articles for select using (author = ${uuid});
  create policy admins_read on articles for select
    using (exists (select from user_roles r where r.user_id = ${uuid} and r.role = 'admin'));
  create policy editors_update_own on articles for update
    using (author = ${uuid} and exists (select from user_roles r where r.user_id = ${uuid} and r.role in ('admin', 'editor')));`

const hierarchy = ({ uuid }: Identity): string => `
  create table team_members (user_id uuid primary key, team_id int, manager_id uuid references team_members (user_id));
  create table reports (id bigint generated always as identity primary key, user_id uuid not null, body text);
  create function get_team_members(manager uuid) returns setof uuid language sql stable security definer set search_path = '' as $$
    with recursive team as (
      select user_id from public.team_members where manager_id = manager
      union
      select below.user_id from public.team_members below join team on below.manager_id = team.user_id
    ) select user_id from team $$;
  alter table team_members enable row level security;
  alter table reports enable row level security;
  create policy self on team_members for select using (user_id = ${uuid});
  create policy own on reports for all using (user_id = ${uuid}) with check (user_id = ${uuid});
  create policy of_my_team on reports for select using (user_id in (select get_team_members(${uuid})));`

const embargo = ({ uuid }: Identity): string => `
  create table posts (id bigint generated always as identity primary key, author uuid not null, title text,
    published boolean not null default false, publish_at timestamptz);
  alter table posts enable row level security;
  create policy published on posts for select
    using (published = true and (publish_at is null or publish_at <= now()));
  create policy own on posts for all using (author = ${uuid}) with check (author = ${uuid});`

const sharing = ({ uuid }: Identity): string => `
  create table documents (id bigint generated always as identity primary key, owner_id uuid not null, title text);
  create table document_shares (document_id bigint references documents on delete cascade, shared_with_user_id uuid not null,
    permission text not null check (permission in ('view', 'edit', 'admin')), primary key (document_id, shared_with_user_id));
  -- not by a policy on documents: the two policies would ask each other for ever
  create function owns_document(document bigint) returns boolean language sql stable security definer set search_path = '' as $$
    select exists (select from public.documents d where d.id = document and d.owner_id = ${uuid}) $$;
  alter table documents enable row level security;
  alter table document_shares enable row level security;
  create policy own on documents for all using (owner_id = ${uuid}) with check (owner_id = ${uuid});
  create policy shared_read on documents for select using (
    exists (select from document_shares s where s.document_id = id and s.shared_with_user_id = ${uuid}));
  create policy shared_write on documents for update using (
    exists (select from document_shares s where s.document_id = id and s.shared_with_user_id = ${uuid} and s.permission in ('edit', 'admin')));
  create policy mine on document_shares for select using (shared_with_user_id = ${uuid} or owns_document(document_id));
  create policy owner_shares on document_shares for insert with check (owns_document(document_id));
  create policy owner_withdraws on document_shares for delete using (owns_document(document_id));`

/** The tables of all patterns. */
export const patternSchema = (identity: Identity): string =>
  [owner, organisation, roles, hierarchy, embargo, sharing]
    .map((write) => write(identity))
    .join('\n')
