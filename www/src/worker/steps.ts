/** Long work in steps, between which a worker looks up. */

/** Often enough that a press on Cancel is felt at once, and seldom enough that thousands of small steps stay fast. */
const BETWEEN_LOOKS_MS = 50;

/**
 * Takes steps until `step` says that none is left. Now and then it tells how far it is, and lets waiting messages in;
 * `false` where one of them said to stop.
 */
export async function inSteps(
  step: () => boolean,
  { tell, goesOn }: { tell(): void; goesOn(): Promise<boolean> },
  now: () => number = () => performance.now(),
): Promise<boolean> {
  let looked = now();
  while (step()) {
    if (now() - looked < BETWEEN_LOOKS_MS) continue;
    tell();
    if (!(await goesOn())) return false;
    looked = now();
  }
  return true;
}
