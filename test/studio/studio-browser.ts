/** A browser in front of Studio; what must not happen on any page is looked for on each. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { expect, inject } from 'vitest'

export const chromiumPath = '/usr/bin/chromium'
export const hasChromium = existsSync(chromiumPath)
export type Theme = 'light' | 'dark'
/** `STUDIO_THEMES=light` runs half of the journeys. */
export const themes = (process.env['STUDIO_THEMES'] ?? 'light,dark').split(',') as readonly Theme[]

export interface StudioBrowser {
  readonly page: Page
  readonly context: BrowserContext
  /** Of the project: `/p/default/tables`. */
  open(path: string): Promise<void>
  /** Puts text into an editor in place of what is there, as somebody pastes it. */
  paste(label: string, text: string): Promise<void>
  /** Serious findings of axe on what is shown now. */
  expectAccessible(): Promise<void>
  /** Console errors and requests to other hosts so far; forgets them. */
  problems(): string[]
  /** Fails where something was wrong on any page. */
  close(): Promise<void>
}

interface BrowserOptions {
  readonly theme?: Theme
  readonly width?: number
  readonly height?: number
  /** Answers that a journey provokes: they are no problem of the page. */
  readonly expected?: RegExp
  /** Of another Basalt than that of all journeys. */
  readonly studioUrl?: string
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/** Of the page's policy: with the element, as the console alone does not say which. */
const tellViolations = `document.addEventListener('securitypolicyviolation', (event) => {
  const { violatedDirective, sourceFile, lineNumber, sample, target } = event
  const element = target instanceof Element ? target.outerHTML.slice(0, 300) : ''
  console.error('policy: ' + [violatedDirective, sourceFile + ':' + lineNumber, sample, element].join(' '))
})`

export async function startStudioBrowser(options: BrowserOptions = {}): Promise<StudioBrowser> {
  const { theme = 'light', width = 1440, height = 900, expected = /^$/ } = options
  const profile = mkdtempSync(join(tmpdir(), 'basalt-studio-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: flags,
    viewport: { width, height },
    colorScheme: theme,
    permissions: ['clipboard-read', 'clipboard-write'],
    acceptDownloads: true,
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(10_000)
  const base = options.studioUrl ?? inject('studioUrl')
  const own = [new URL(base).host, new URL(inject('apiUrl')).host]
  let problems: string[] = []
  const tell = (problem: string): void => {
    if (!expected.test(problem)) problems.push(problem)
  }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      tell(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => tell(`error: ${error.stack ?? error.message}`))
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    const isOwn = own.includes(url.host) || ['data:', 'blob:', 'about:'].includes(url.protocol)
    if (!isOwn) problems.push(`a request to ${url.href}`)
  })
  await page.addInitScript(tellViolations)
  await context.addCookies([{ name: 'theme', value: theme, url: base }])
  return {
    page,
    context,
    open: async (path) => {
      await page.goto(base + path)
      await page.locator('.work').waitFor()
    },
    paste: async (label, text) => {
      const editor = page.getByRole('textbox', { name: label, exact: true })
      await editor.click()
      await page.keyboard.press('Control+a')
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
      await page.keyboard.press('Control+v')
    },
    expectAccessible: () => expectAccessible(page),
    problems: () => {
      const found = problems
      problems = []
      return found
    },
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
      expect(problems, 'what went wrong in the browser').toEqual([])
    },
  }
}

interface Axe {
  run(): Promise<{
    violations: {
      id: string
      impact: string
      help: string
      nodes: { target: string[]; html: string }[]
    }[]
  }>
}

async function expectAccessible(page: Page): Promise<void> {
  // what is still fading in has no contrast yet; what blinks for ever is not waited for
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished))`)
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, help, nodes }) =>
        nodes
          .slice(0, 5)
          .map(({ target, html }) => `${id}: ${help}: ${target.join(' ')} ${html.slice(0, 160)}`),
      )
  })
  expect(found, `axe on ${page.url()}`).toEqual([])
}
