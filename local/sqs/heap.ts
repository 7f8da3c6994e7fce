/** Items of which the first one is always at hand: to put one in, or take the first out, takes the logarithm of their number. */
export class Heap<Item> {
  private readonly items: Item[] = [];

  /** @param compare is negative where the first argument comes before the second */
  constructor(private readonly compare: (one: Item, other: Item) => number) {}

  get size(): number {
    return this.items.length;
  }

  /** The first item, which stays. */
  peek(): Item | undefined {
    return this.items[0];
  }

  push(item: Item): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as Item;
      if (this.compare(parent, item) <= 0) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the first item out. */
  pop(): Item | undefined {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      const child = this.firstChildOf(at);
      if (child >= items.length || this.compare(last, items[child] as Item) <= 0) break;
      items[at] = items[child] as Item;
      at = child;
    }
    items[at] = last;
    return first;
  }

  private firstChildOf(at: number): number {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    if (right >= this.items.length) return left;
    return this.compare(this.items[left] as Item, this.items[right] as Item) <= 0 ? left : right;
  }
}
