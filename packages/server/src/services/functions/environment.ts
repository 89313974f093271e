/** The variables every function has. */
import type { Project } from '#base/service'

/** Names and forms are Supabase's. */
export function environmentOf(
  { ref, keys, externalUrl }: Project,
  databaseUrl: string,
): Record<string, string> {
  return {
    SUPABASE_URL: externalUrl,
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
    SUPABASE_DB_URL: databaseUrl,
    SUPABASE_PROJECT_REF: ref,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SB_REGION: 'local',
  }
}
