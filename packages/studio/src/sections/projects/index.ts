export { ProjectsSection as default } from './projects-section.tsx'
