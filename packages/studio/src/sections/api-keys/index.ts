export { ApikeysSection as default } from './api-keys-section.tsx'
