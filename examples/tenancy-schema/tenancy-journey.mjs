/**
 * Two tenants with a schema each, and a user of each. `connect(key)` makes a client.
 * @param {(key: string) => import('@supabase/supabase-js').SupabaseClient} connect
 * @param {{ readonly anonKey: string, readonly serviceRoleKey: string }} keys
 */
export async function tenancyJourney(connect, keys) {
  const service = connect(keys.serviceRoleKey)
  /** @param {string | null} tenant */
  const user = async (email, tenant) => {
    const password = 'correct horse battery'
    const app_metadata = { tenant_id: tenant }
    const made = await service.auth.admin.createUser({
      email,
      password,
      app_metadata,
      email_confirm: true,
    })
    if (made.error !== null) throw made.error
    const client = connect(keys.anonKey)
    const { error } = await client.auth.signInWithPassword({ email, password })
    if (error !== null) throw error
    return client
  }
  for (const name of ['acme', 'globex']) {
    const { error } = await service.rpc('create_tenant', { name })
    if (error !== null) throw error
  }
  const ada = await user('ada@acme.example', 'acme')
  const bob = await user('bob@globex.example', 'globex')
  return { service, ada, bob, user }
}
