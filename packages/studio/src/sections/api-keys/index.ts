export { ApiKeysSection as default } from './api-keys-section.tsx'
