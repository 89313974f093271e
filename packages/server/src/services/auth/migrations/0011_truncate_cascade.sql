-- `truncate auth.users cascade`, as seeds have it, reaches what of ours hangs on Auth's tables.
grant truncate on basalt.totp_steps, basalt.used_codes to postgres;
