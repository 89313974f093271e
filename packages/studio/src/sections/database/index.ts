export { DatabaseSection as default } from './database-section.tsx'
