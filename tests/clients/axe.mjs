// What axe-core has against a page as it stands.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules a page breaks, with the elements, and the names of those it keeps. */
export async function audit(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations, passes } = await window.axe.run(document, {
      preload: false,
    });
    return {
      violations: violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} (${failureSummary})`).join(' | ')}`,
      ),
      passes: passes.map(({ id }) => id),
    };
  });
}
