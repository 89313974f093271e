-- texts of SQL that operators keep by name
create table basalt_control.snippets (
  ref text not null references basalt_control.projects on delete cascade,
  name text not null check (length(name) between 1 and 100),
  content text not null,
  version text not null,
  updated_at timestamptz not null default now(),
  primary key (ref, name)
);
