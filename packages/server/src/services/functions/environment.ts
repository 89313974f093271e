/** The variables every function has. */
import type { Project } from '#base/service'

/** Names and forms are Supabase's. */
export function environmentOf(
  { ref, keys, externalUrl }: Project,
  databaseUrl: string | null,
): Record<string, string> {
  return {
    ...publicEnvironmentOf({ ref, keys, externalUrl }),
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
    ...(databaseUrl === null ? {} : { SUPABASE_DB_URL: databaseUrl }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
  }
}

/** Without keys that open more than everybody may have: a function without a network has no use for them. */
export function publicEnvironmentOf({
  ref,
  keys,
  externalUrl,
}: Pick<Project, 'ref' | 'keys' | 'externalUrl'>): Record<string, string> {
  return {
    SUPABASE_URL: externalUrl,
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_PROJECT_REF: ref,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SB_REGION: 'local',
  }
}
