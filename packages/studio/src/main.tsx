/** The page begins. */
import './ui/tokens.css'
import './ui/base.css'
import './ui/controls.css'
import './ui/surfaces.css'
import './app/shell.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '#studio/app'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
