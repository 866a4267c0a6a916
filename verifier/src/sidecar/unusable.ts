/** That something this program was told to use cannot be used; `message` is a sentence. It does not start. */
export class Unusable extends Error {}
