export { HealthSection as default } from './health-section.tsx'
