-- pg_cron: jobs are rows; the worker in the server's process runs them (`NOTIFY basalt_cron` tells it that they changed).
set local search_path = pg_catalog, pg_temp;

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default current_setting('port')::int,
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
create sequence cron.runid_seq;
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
select pg_extension_config_dump('cron.job', '');
select pg_extension_config_dump('cron.jobid_seq', '');
select pg_extension_config_dump('cron.job_run_details', '');
select pg_extension_config_dump('cron.runid_seq', '');

alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- Also of those who see past policies: a job is its owner's alone.
create function cron.basalt_check_job() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if (new.username <> current_user or tg_op = 'UPDATE' and old.username <> current_user)
    and not (select rolsuper from pg_roles where rolname = current_user) then
    raise exception 'must be superuser to create a job for another role' using errcode = '42501';
  end if;
  if not cron.basalt_is_schedule(new.schedule) then
    raise exception 'invalid schedule: %', new.schedule using errcode = '22023',
      hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
  return new;
end $$;

create function cron.job_cache_invalidate() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_notify('basalt_cron', '');
  return null;
end $$;

-- One field of a schedule: lists of *, numbers, ranges and steps; months and days by their English names too.
create function cron.basalt_is_field(field text, low int, high int, names text[]) returns bool
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  part text;
  ends int[];
begin
  for i in 1 .. coalesce(cardinality(names), 0) loop
    field := regexp_replace(field, '(?<![a-z])' || names[i] || '(?![a-z])', (low + i - 1)::text, 'gi');
  end loop;
  foreach part in array string_to_array(field, ',') loop
    if part !~ '^(\*|\d{1,4}(-\d{1,4})?)(/\d{1,4})?$' then
      return false;
    elsif part ~ '/' and (part ~ '/0+$' or part ~ '^\d+/') then
      return false;
    elsif part !~ '^\*' then
      ends := string_to_array(split_part(part, '/', 1), '-')::int[];
      if ends[1] < low or coalesce(ends[2], ends[1]) > high or ends[1] > coalesce(ends[2], ends[1]) then
        return false;
      end if;
    end if;
  end loop;
  return field <> '';
end $$;

create function cron.basalt_is_schedule(schedule text) returns bool
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  fields text[] := regexp_split_to_array(btrim(schedule, E' \t\n'), '[ \t]+');
  months constant text[] := array['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
  days constant text[] := array['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
begin
  if schedule ~* '^\s*([1-9]|[1-5]\d)\s+seconds?\s*$' then
    return true;
  elsif schedule ~ '^\s*@(reboot|restart|yearly|annually|monthly|weekly|daily|midnight|hourly)\s*$' then
    return true;
  end if;
  return cardinality(fields) = 5
    and cron.basalt_is_field(fields[1], 0, 59, null)
    and cron.basalt_is_field(fields[2], 0, 23, null)
    and (fields[3] = '$' or cron.basalt_is_field(fields[3], 1, 31, null))
    and cron.basalt_is_field(fields[4], 1, 12, months)
    and cron.basalt_is_field(fields[5], 0, 7, days);
end $$;

create trigger basalt_check_job before insert or update on cron.job for each row execute function cron.basalt_check_job();
create trigger cron_job_cache_invalidate after insert or update or delete or truncate on cron.job
  for each statement execute function cron.job_cache_invalidate();

create function cron.schedule(schedule text, command text) returns bigint
  language plpgsql strict set search_path = pg_catalog, pg_temp
as $$
declare
  new_id bigint;
begin
  insert into cron.job (schedule, command) values (schedule, command) returning jobid into new_id;
  return new_id;
end $$;
comment on function cron.schedule(text, text) is 'schedule a pg_cron job';

create function cron.schedule_in_database(job_name text, schedule text, command text, database text, username text default null, active boolean default true)
  returns bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  new_id bigint;
begin
  if job_name is null or schedule is null or command is null then
    raise exception '% can not be NULL',
      case when job_name is null then 'job_name' when schedule is null then 'schedule' else 'command' end;
  elsif database is not null and not exists (select from pg_database where datname = schedule_in_database.database) then
    raise exception 'database "%" does not exist', schedule_in_database.database using errcode = '3D000';
  elsif username is not null and to_regrole(quote_ident(schedule_in_database.username)) is null then
    raise exception 'role "%" does not exist', schedule_in_database.username using errcode = '42704';
  elsif username is not null and not (select rolsuper from pg_roles where rolname = current_user) then
    raise exception 'must be superuser to create a job for another role' using errcode = '42501';
  end if;
  insert into cron.job (schedule, command, database, username, active, jobname)
  values (schedule_in_database.schedule, schedule_in_database.command, coalesce(schedule_in_database.database, current_database()),
    coalesce(schedule_in_database.username, current_user), coalesce(schedule_in_database.active, true), job_name)
  on conflict on constraint jobname_username_uniq
    do update set schedule = excluded.schedule, command = excluded.command, database = excluded.database
  returning jobid into new_id;
  return new_id;
end $$;
comment on function cron.schedule_in_database(text, text, text, text, text, boolean) is 'schedule a pg_cron job';

create function cron.schedule(job_name text, schedule text, command text) returns bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  new_id bigint;
begin
  if job_name is null or schedule is null or command is null then
    raise exception '% can not be NULL',
      case when job_name is null then 'job_name' when schedule is null then 'schedule' else 'command' end;
  end if;
  insert into cron.job (schedule, command, jobname) values (schedule.schedule, schedule.command, job_name)
  on conflict on constraint jobname_username_uniq
    do update set schedule = excluded.schedule, command = excluded.command, database = excluded.database
  returning jobid into new_id;
  return new_id;
end $$;
comment on function cron.schedule(text, text, text) is 'schedule a pg_cron job';

create function cron.unschedule(job_id bigint) returns bool
  language plpgsql strict set search_path = pg_catalog, pg_temp
as $$
begin
  delete from cron.job where jobid = job_id;
  if not found then
    raise exception 'could not find valid entry for job %', job_id;
  end if;
  return true;
end $$;
comment on function cron.unschedule(bigint) is 'unschedule a pg_cron job';

create function cron.unschedule(job_name text) returns bool
  language plpgsql strict set search_path = pg_catalog, pg_temp
as $$
begin
  delete from cron.job where jobname = job_name and username = current_user;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_name;
  end if;
  return true;
end $$;
comment on function cron.unschedule(text) is 'unschedule a pg_cron job';

create function cron.alter_job(job_id bigint, schedule text default null, command text default null, database text default null, username text default null, active boolean default null)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if job_id is null then
    raise exception 'job_id can not be NULL';
  elsif username is not null and not (select rolsuper from pg_roles where rolname = current_user) then
    raise exception 'must be superuser to alter username' using errcode = '42501';
  end if;
  update cron.job as own set
    schedule = coalesce(alter_job.schedule, own.schedule), command = coalesce(alter_job.command, own.command),
    database = coalesce(alter_job.database, own.database), username = coalesce(alter_job.username, own.username),
    active = coalesce(alter_job.active, own.active)
  where jobid = job_id;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id;
  end if;
end $$;
comment on function cron.alter_job(bigint, text, text, text, text, boolean)
  is 'Alter the job identified by job_id. Any option left as NULL will not be modified.';

revoke all on function cron.alter_job(bigint, text, text, text, text, boolean),
  cron.schedule_in_database(text, text, text, text, text, boolean) from public;

-- Usage of the schema is what lets a role schedule; its policies and the trigger keep it to its own jobs. No TRIGGER, no
-- REFERENCES: the worker writes here.
grant select, insert, update, delete on cron.job to public;
grant select, delete on cron.job_run_details to public;
grant usage, select on sequence cron.jobid_seq to public;
grant select on sequence cron.runid_seq to public;
do $$
begin
  if to_regrole('postgres') is not null then
    grant usage on schema cron to postgres with grant option;
    grant execute on all functions in schema cron to postgres with grant option;
    grant truncate, update on cron.job_run_details to postgres with grant option;
  end if;
end $$;

select pg_notify('basalt_cron', 'restart');

-- The worker connects as this role, and as nothing more: it reads whatever is there by these names.
do $$ begin
  if to_regrole('supabase_functions_admin') is not null then
    grant usage on schema cron to supabase_functions_admin;
    grant select, insert, update, delete on cron.job, cron.job_run_details to supabase_functions_admin;
    grant usage, select on all sequences in schema cron to supabase_functions_admin;
    create policy basalt_worker on cron.job to supabase_functions_admin using (true) with check (true);
    create policy basalt_worker on cron.job_run_details to supabase_functions_admin using (true) with check (true);
  end if;
end $$;
