/** dataApi.listRoleSettings: what `alter role … set …` says of the roles a request may run as. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface RoleRow {
  readonly role: string
  readonly settings: readonly string[]
}

/** Only settings that our own role may change: SET ROLE does not apply them, so that a request has to. */
export function listRoleSettings(): Statement {
  return sql`/* dataApi.listRoleSettings */
select json_build_object('role', rolname, 'settings', settings)
from (
  select r.rolname, json_agg(s.setting) as settings
  from pg_roles r, unnest(r.rolconfig) as s(setting)
  left join pg_settings p on lower(p.name) = lower(split_part(s.setting, '=', 1))
  where pg_has_role(current_user, r.oid, 'member') and r.rolname <> current_user
    and (p.context = 'user' or has_parameter_privilege(current_user, p.name, 'set') or p.name is null and position('.' in split_part(s.setting, '=', 1)) > 0)
  group by r.rolname
) roles`
}
