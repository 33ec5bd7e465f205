import { fireEvent } from '@testing-library/svelte';
import { vi } from 'vitest';

/** Chooses an option as a person does. happy-dom knows no `:checked` of options, by which Svelte reads a bound select. */
export async function choose(select: HTMLElement, value: string): Promise<void> {
  const option = [...select.querySelectorAll('option')].find((one) => one.value === value);
  if (!option) throw new Error(`There is no option “${value}”.`);
  const find = vi.spyOn(select, 'querySelector').mockReturnValue(option);
  await fireEvent.change(select);
  find.mockRestore();
}
