/** auth/discovery: what auth says of itself: health, settings, keys, metadata. */
export { getJwks, getOauthServer, getOpenidConfiguration } from './get-discovery.ts'
export { getHealth } from './get-health.ts'
export { getSettings } from './get-settings.ts'
