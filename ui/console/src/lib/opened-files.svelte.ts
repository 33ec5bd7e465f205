import { openBundle, type Bundle } from './bundle';

/** A session from a file. */
export interface OpenedFile {
  /** `file:1`: what the window calls it; the ids in the file are those of another provider. */
  id: string;
  name: string;
  bundle: Bundle;
}

/** Files beyond this push the oldest out. */
const MOST = 12;

/** The sessions that were opened from files. They live as long as the window does. */
export class OpenedFiles {
  list = $state.raw<OpenedFile[]>([]);
  #next = 0;

  /** Opens a file; answers its id. Throws a `BundleProblem`. */
  async open(file: File): Promise<string> {
    const bundle = await openBundle(file);
    const id = `file:${++this.#next}`;
    this.list = [{ id, name: file.name, bundle }, ...this.list].slice(0, MOST);
    return id;
  }

  get(id: string | null): OpenedFile | undefined {
    return this.list.find((file) => file.id === id);
  }

  close(id: string): void {
    this.list = this.list.filter((file) => file.id !== id);
  }
}
