/** Six ways to say who may reach a row, as SQL to fill in: what is asked of the caller is asked once a statement. */

export interface PatternParameter {
  readonly name: string
  readonly kind: 'column' | 'table' | 'text'
  readonly description: string
  readonly default: string
}

export interface PolicyPattern {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Besides `table`, which all have: a quoted name with its schema. */
  readonly parameters: readonly PatternParameter[]
  /** What has to be there first: tables, functions; empty where nothing has. `{{name}}` stands for a parameter. */
  readonly needs: string
  readonly policies: string
}

const column = (name: string, description: string, value = name): PatternParameter => ({
  name,
  kind: 'column',
  description,
  default: value,
})
const table = (name: string, description: string, value: string): PatternParameter => ({
  name,
  kind: 'table',
  description,
  default: value,
})

const enable = 'alter table {{table}} enable row level security;\n'

export const policyPatterns: readonly PolicyPattern[] = [
  {
    name: 'owner',
    title: 'Own rows',
    description: 'Users read and write the rows that are theirs.',
    parameters: [column('user_id', 'Whose the row is')],
    needs: 'create index if not exists {{index}} on {{table}} ({{user_id}});\n',
    policies: `${enable}create policy "own rows" on {{table}} for all to authenticated
  using ({{user_id}} = (select auth.uid()))
  with check ({{user_id}} = (select auth.uid()));
`,
  },
  {
    name: 'organization',
    title: 'Rows of one’s organization',
    description: 'Members of an organization or team share its rows.',
    parameters: [
      column('organization_id', 'Whose the row is'),
      table(
        'members',
        'Who is in which organization: organization_id, user_id',
        'public.organization_members',
      ),
    ],
    needs: `create table if not exists {{members}} (
  organization_id uuid not null, user_id uuid not null references auth.users on delete cascade,
  primary key (user_id, organization_id)
);
alter table {{members}} enable row level security;
create policy "own memberships" on {{members}} for select to authenticated
  using (user_id = (select auth.uid()));
create index if not exists {{index}} on {{table}} ({{organization_id}});
`,
    policies: `${enable}create policy "rows of the organization" on {{table}} for all to authenticated
  using ({{organization_id}} in (select m.organization_id from {{members}} m where m.user_id = (select auth.uid())))
  with check ({{organization_id}} in (select m.organization_id from {{members}} m where m.user_id = (select auth.uid())));
`,
  },
  {
    name: 'role',
    title: 'By role in the application',
    description: 'Admins read all, admins and editors write, whoever else reads nothing.',
    parameters: [table('user_roles', 'Who has which role: user_id, role', 'public.user_roles')],
    needs: `create table if not exists {{user_roles}} (
  user_id uuid not null references auth.users on delete cascade,
  role text not null check (role in ('admin', 'editor', 'viewer')), primary key (user_id, role)
);
alter table {{user_roles}} enable row level security;
create policy "own roles" on {{user_roles}} for select to authenticated using (user_id = (select auth.uid()));
`,
    policies: `${enable}create policy "viewers and above read" on {{table}} for select to authenticated
  using (exists (select from {{user_roles}} r where r.user_id = (select auth.uid()) and r.role in ('admin', 'editor', 'viewer')));
create policy "editors and above insert" on {{table}} for insert to authenticated
  with check (exists (select from {{user_roles}} r where r.user_id = (select auth.uid()) and r.role in ('admin', 'editor')));
create policy "editors and above update" on {{table}} for update to authenticated
  using (exists (select from {{user_roles}} r where r.user_id = (select auth.uid()) and r.role in ('admin', 'editor')));
create policy "admins delete" on {{table}} for delete to authenticated
  using (exists (select from {{user_roles}} r where r.user_id = (select auth.uid()) and r.role = 'admin'));
`,
  },
  {
    name: 'hierarchy',
    title: 'By hierarchy',
    description: 'Managers reach the rows of everybody below them.',
    parameters: [
      column('user_id', 'Whose the row is'),
      table('team_members', 'Who reports to whom: user_id, manager_id', 'public.team_members'),
      {
        name: 'team_of',
        kind: 'text',
        description: 'The function that finds them',
        default: 'public.team_of',
      },
    ],
    needs: `create table if not exists {{team_members}} (
  user_id uuid primary key references auth.users on delete cascade,
  manager_id uuid references auth.users on delete set null
);
create index if not exists {{managers_index}} on {{team_members}} (manager_id);
alter table {{team_members}} enable row level security;
create or replace function {{team_of}}(manager uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  with recursive team as (
    select user_id from {{team_members}} where manager_id = manager
    union select m.user_id from {{team_members}} m join team on m.manager_id = team.user_id
  ) select user_id from team
$$;
revoke execute on function {{team_of}}(uuid) from public, anon;
grant execute on function {{team_of}}(uuid) to authenticated;
create index if not exists {{index}} on {{table}} ({{user_id}});
`,
    policies: `${enable}create policy "own rows and those of one's team" on {{table}} for select to authenticated
  using ({{user_id}} = (select auth.uid()) or {{user_id}} in (select {{team_of}}((select auth.uid()))));
create policy "own rows are written" on {{table}} for insert to authenticated
  with check ({{user_id}} = (select auth.uid()));
`,
  },
  {
    name: 'time',
    title: 'From a moment on',
    description:
      'Rows are public when they are published and their time has come; their owners see them before.',
    parameters: [
      column('user_id', 'Whose the row is'),
      column('published', 'Whether it is to be seen'),
      column('publish_at', 'From when on'),
    ],
    needs:
      'create index if not exists {{index}} on {{table}} ({{publish_at}}) where {{published}};\n',
    policies: `${enable}create policy "published rows" on {{table}} for select to anon, authenticated
  using ({{published}} and ({{publish_at}} is null or {{publish_at}} <= now()));
create policy "own rows" on {{table}} for all to authenticated
  using ({{user_id}} = (select auth.uid())) with check ({{user_id}} = (select auth.uid()));
`,
  },
  {
    name: 'sharing',
    title: 'Shared rows',
    description: 'Owners share a row with others, to see it or to change it.',
    parameters: [
      column('id', 'The key of the row'),
      column('user_id', 'Whose the row is'),
      table(
        'shares',
        'What is shared with whom: row_id, shared_with_user_id, permission',
        'public.shares',
      ),
    ],
    needs: `create table if not exists {{shares}} (
  row_id uuid not null references {{table}} on delete cascade,
  shared_with_user_id uuid not null references auth.users on delete cascade,
  permission text not null default 'view' check (permission in ('view', 'edit', 'admin')),
  primary key (shared_with_user_id, row_id)
);
alter table {{shares}} enable row level security;
create policy "shared with oneself" on {{shares}} for select to authenticated
  using (shared_with_user_id = (select auth.uid()));
create index if not exists {{index}} on {{table}} ({{user_id}});
`,
    policies: `${enable}create policy "own and shared rows" on {{table}} for select to authenticated
  using ({{user_id}} = (select auth.uid()) or {{id}} in (
    select s.row_id from {{shares}} s where s.shared_with_user_id = (select auth.uid())));
create policy "own rows and those shared to be changed" on {{table}} for update to authenticated
  using ({{user_id}} = (select auth.uid()) or {{id}} in (
    select s.row_id from {{shares}} s where s.shared_with_user_id = (select auth.uid()) and s.permission in ('edit', 'admin')));
create policy "own rows are made" on {{table}} for insert to authenticated
  with check ({{user_id}} = (select auth.uid()));
create policy "own rows are deleted" on {{table}} for delete to authenticated
  using ({{user_id}} = (select auth.uid()));
`,
  },
]
