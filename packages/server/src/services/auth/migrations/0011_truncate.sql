-- `truncate auth.users cascade`, with which seeds begin, reaches the tables of ours that refer to them: TRUNCATE asks for the
-- right on each. Without USAGE on their schema nobody gets at them otherwise.

do $$
begin
  if to_regrole('postgres') is not null then
    grant truncate on basalt.totp_steps, basalt.used_codes to postgres;
  end if;
end $$;
