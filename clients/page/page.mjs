// A person at the page: opens it, reads, plans, approves, revokes, sees the role go and the receipt hold; with the keyboard only, in
// light and dark. Any error in the console fails it.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const { ADDRESS, BROWSER, SCREENSHOTS } = process.env;
const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] });

async function open(path, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(ADDRESS) && !request.url().startsWith('data:')) errors.push(`asks for ${request.url()}`);
  });
  await page.goto(ADDRESS + path);
  return { page, errors, context };
}

const picture = (page, name) => SCREENSHOTS && page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
const texts = (page, selector) => page.locator(selector).allTextContents();

/** Moves the focus with Tab until it stands on what the selector names. */
async function focus(page, selector) {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the keyboard does not reach ${selector}`);
}

async function press(page, selector, key = 'Enter') {
  await focus(page, selector);
  await page.keyboard.press(key);
}

async function chooseCrowdStrike(page) {
  await page.selectOption('#account', 'demo-crowdstrike');
  await page.waitForFunction(() => document.querySelector('#reading').textContent.includes('holds'));
}

// Plan, approve, revoke, with the keyboard.
{
  const { page, errors, context } = await open('/', 'light');
  await chooseCrowdStrike(page);
  const before = await texts(page, '#truth li');
  assert.ok(before.some((line) => line.includes('event_viewer')), before.join('\n'));
  await picture(page, 'page-read');

  const box = '#grants input[aria-label*="event_viewer"]';
  await press(page, box, 'Space');
  assert.ok(await page.isChecked(box));
  await press(page, '#plan');
  await page.waitForFunction(() => document.querySelector('#next').textContent.startsWith('Planned'));
  assert.deepEqual(await texts(page, '#outcomes tbody td:nth-child(3)'), ['planned']);
  const plan = JSON.parse(await page.textContent('#plan-text'));
  assert.equal(plan.v, 'unassign-role/plan/1');

  await press(page, '#approve');
  await page.waitForFunction(() => document.querySelector('#next').textContent.startsWith('Approved by'));
  await press(page, '#revoke');
  await page.waitForFunction(() => document.querySelector('#next').textContent.startsWith('Gone'), undefined, { timeout: 60_000 });
  assert.deepEqual(await texts(page, '#outcomes tbody td:nth-child(3)'), ['removed']);
  await page.waitForFunction(() => document.querySelector('#receipt-state').textContent !== '');
  assert.match(await page.textContent('#receipt-state'), /signature is valid|cannot check/);
  assert.ok(JSON.parse(await page.textContent('#receipt-text')), 'the receipt is shown');
  await picture(page, 'page-revoked');

  // The provider itself has lost that line, and no other.
  await page.waitForFunction((lines) => document.querySelectorAll('#truth li').length === lines - 1, before.length);
  const after = await texts(page, '#truth li');
  const gone = before.filter((line) => !after.includes(line));
  assert.ok(gone.length === 1 && gone[0].includes('event_viewer'), gone.join('\n'));

  // The same again finds nothing to take.
  assert.equal(await page.locator(box).count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
}

// What is inherited stays, and says through what; nothing is chosen by accident.
{
  const { page, errors, context } = await open('/', 'dark');
  await chooseCrowdStrike(page);
  await page.click('#plan');
  assert.match(await page.textContent('#next'), /check at least one grant/);
  const inherited = page.locator('#grants tbody tr', { hasText: 'through' });
  for (let row = 0; row < await inherited.count(); row += 1) {
    assert.ok(await inherited.nth(row).locator('input').isDisabled());
  }
  assert.deepEqual(errors, []);
  await context.close();
}

// Every account can be read.
{
  const { page, errors, context } = await open('/', 'light');
  const accounts = await page.locator('#account option').evaluateAll((options) => options.map(({ value }) => value));
  assert.equal(accounts.length, 6);
  for (const account of accounts) {
    await page.selectOption('#account', account);
    await page.waitForFunction(() => document.querySelector('#reading').textContent.includes('holds'), undefined, { timeout: 30_000 });
  }
  assert.deepEqual(errors, []);
  await context.close();
}

// The API reference and its console.
{
  const { page, errors, context } = await open('/reference', 'light');
  await page.waitForSelector('.opblock', { timeout: 30_000 });
  assert.ok((await texts(page, '.opblock-summary-path')).some((path) => path.includes('unassign-role')));
  await picture(page, 'page-reference');
  assert.deepEqual(errors, []);
  await context.close();
}

await browser.close();
console.log('page: read, planned, approved, revoked and verified with the keyboard; light, dark and the reference without an error');
