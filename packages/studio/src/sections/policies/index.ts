export { PoliciesSection as default } from './policies-section.tsx'
