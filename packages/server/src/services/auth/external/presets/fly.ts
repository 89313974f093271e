/** Fly.io (supabase/auth internal/api/provider). */
import { idAt, textAt, valueAt } from '#services/auth/outside'
import { fetchUser, hostOr, primaryEmail } from '#services/auth/provider'
import type { Preset } from '#services/auth/provider'

export const fly: Preset = {
  scopes: ['read'],
  clientAuth: 'post',
  locate: (settings) => {
    const base = `${hostOr(settings, 'api.fly.io')}/oauth`
    return { authorization: `${base}/authorize`, token: `${base}/token` }
  },
  readUser: async (session) => {
    const api = hostOr(session.settings, 'api.fly.io')
    const user = await fetchUser(session, `${api}/oauth/token/info`)
    const sub = idAt(user, 'user_id')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: {
        iss: api,
        sub,
        provider_id: sub,
        full_name: textAt(user, 'user_name'),
        custom_claims: {
          resource_owner_id: textAt(user, 'resource_owner_id'),
          organizations: valueAt(user, 'organizations'),
          application: valueAt(user, 'application'),
          scope: valueAt(user, 'scope'),
          created_at: valueAt(user, 'created_at'),
        },
      },
    }
  },
}
