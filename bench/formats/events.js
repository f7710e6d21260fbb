/** In place of Node's module, which a writer of XML behind cornerstone wants. It is never used here. */
export class EventEmitter {}
