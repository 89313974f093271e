export { StorageSection as default } from './storage-section.tsx'
