/** A number of a source without types of its own that no JavaScript number holds. */
export class DecimalText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
