export { ApiSection as default } from './api-section.tsx'
