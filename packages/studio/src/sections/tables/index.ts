export { TablesSection as default } from './tables-section.tsx'
