// What a page says on its console, throws, or has refused by its policy. Every test fails on any of it.
import type { BrowserContext, ConsoleMessage, Page } from '@playwright/test';

/** What Chromium says of a page that a busy machine paints late, or that is behind another: it is no fault of the page's. */
const PAINTED_LATE = /was preloaded using link preload but not used within a few seconds/;

/** What xterm.js says where its idle work was interrupted, as on a busy machine. */
const INTERRUPTED = /task queue exceeded allotted deadline by \d+ms/;

/** Collects the faults of all pages of a context. */
export class Faults {
  private readonly found: string[] = [];
  private readonly expected: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on('console', (message: ConsoleMessage) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (PAINTED_LATE.test(message.text()) || INTERRUPTED.test(message.text())) return;
      const { url, lineNumber } = message.location();
      this.found.push(`console ${message.type()}: ${message.text()} (${url}:${lineNumber})`);
    });
    context.on('weberror', (error) => this.found.push(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('page', (page: Page) => page.on('crash', () => this.found.push('the page crashed')));
  }

  /** Says that a fault that matches is part of the test, such as the 404 that it asks for. */
  expect(fault: RegExp): void {
    this.expected.push(fault);
  }

  /** Those that were not expected. */
  unexpected(): string[] {
    return this.found.filter((fault) => !this.expected.some((expected) => expected.test(fault)));
  }
}
