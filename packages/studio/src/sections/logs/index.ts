export { LogsSection as default } from './logs-section.tsx'
