/** Why the approving page puts something before nobody's passkey. The list is closed. */
export type WhyNot =
  | 'framed'
  | 'not_configured'
  | 'link_incomplete'
  | 'portal_said_no'
  | 'malformed'
  | 'other_registry'
  | 'other_environment'
  | 'list_length'
  | 'mixed_kinds'
  | 'repeated'
  | 'misplaced'
  | 'issued_ahead'
  | 'issued_long_ago'
  | 'no_passkey';

/** The approving page's no: a word for tests and support, and a sentence for the person before it. */
export class WillNotSign extends Error {
  override readonly name = 'WillNotSign';
  readonly why: WhyNot;

  constructor(why: WhyNot, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.why = why;
  }
}
