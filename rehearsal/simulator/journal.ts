/** An event in the simulator, with begin and end in milliseconds. */
export interface Event {
  readonly what: string;
  readonly subject: string;
  readonly began: number;
  readonly ended: number;
}

/** Events in the order in which they ended: the evidence for every claim about order. */
export class Journal {
  readonly events: Event[] = [];

  async record<T>(what: string, subject: string, act: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await act();
    this.events.push({ what, subject, began, ended: performance.now() });
    return result;
  }

  of(what: string): Event[] {
    return this.events.filter((event) => event.what === what);
  }
}
