export { SqlSection as default } from './sql-section.tsx'
