export { FunctionsSection as default } from './functions-section.tsx'
