// Fingers, by the protocol that Chromium's own tools use: real touches, from which it makes pointer events, taps and
// long presses itself.
import type { CDPSession, Page } from '@playwright/test';

export interface Point {
  x: number;
  y: number;
}

/** How many moves a swipe consists of. */
const STEPS = 8;

export class Fingers {
  private constructor(
    readonly page: Page,
    private readonly cdp: CDPSession,
  ) {}

  static async on(page: Page): Promise<Fingers> {
    return new Fingers(page, await page.context().newCDPSession(page));
  }

  async down(...points: Point[]): Promise<void> {
    await this.send('touchStart', points);
  }

  async move(...points: Point[]): Promise<void> {
    await this.send('touchMove', points);
    // One frame, as a finger is never quicker than the screen.
    await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }

  async up(): Promise<void> {
    await this.send('touchEnd', []);
  }

  async swipe(from: Point, to: Point): Promise<void> {
    await this.down(from);
    await this.drag(from, to);
    await this.up();
  }

  /** Moves a finger that is down. */
  async drag(from: Point, to: Point): Promise<void> {
    for (let step = 1; step <= STEPS; step += 1) {
      const part = step / STEPS;
      await this.move({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part });
    }
  }

  private async send(type: 'touchStart' | 'touchMove' | 'touchEnd', points: Point[]): Promise<void> {
    const touchPoints = points.map((point, id) => ({ ...point, id }));
    await this.cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
  }
}
